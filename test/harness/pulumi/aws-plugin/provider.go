package main

import (
	"context"
	"errors"
	"os"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/hashicorp/terraform-plugin-sdk/v2/diag"
	"github.com/hashicorp/terraform-plugin-sdk/v2/helper/schema"
)

// client is what a configured provider hands to its resources.
type client struct {
	iam         *iam.Client
	region      string
	defaultTags keyValues
	ignoredTags *ignoredTags
}

func text() *schema.Schema { return &schema.Schema{Type: schema.TypeString, Optional: true} }
func flag() *schema.Schema { return &schema.Schema{Type: schema.TypeBool, Optional: true} }
func count() *schema.Schema {
	return &schema.Schema{Type: schema.TypeInt, Optional: true}
}
func texts(kind schema.ValueType) *schema.Schema {
	return &schema.Schema{Type: kind, Optional: true, Elem: &schema.Schema{Type: schema.TypeString}}
}
func blocks(kind schema.ValueType, most int, fields map[string]*schema.Schema) *schema.Schema {
	return &schema.Schema{Type: kind, Optional: true, MaxItems: most, Elem: &schema.Resource{Schema: fields}}
}

func tfProvider() *schema.Provider {
	role := map[string]*schema.Schema{
		"duration": text(), "external_id": text(), "policy": text(), "policy_arns": texts(schema.TypeSet), "role_arn": text(),
		"session_name": text(), "source_identity": text(), "tags": texts(schema.TypeMap),
		"transitive_tag_keys": texts(schema.TypeSet),
	}
	webIdentity := map[string]*schema.Schema{
		"duration": text(), "policy": text(), "policy_arns": texts(schema.TypeSet), "role_arn": text(),
		"session_name": text(), "web_identity_token": text(), "web_identity_token_file": text(),
	}
	ignored := map[string]*schema.Schema{"keys": texts(schema.TypeSet), "key_prefixes": texts(schema.TypeSet)}
	return &schema.Provider{
		Schema: map[string]*schema.Schema{
			"access_key": text(), "secret_key": text(), "token": text(), "profile": text(), "region": text(),
			"allowed_account_ids": texts(schema.TypeSet), "forbidden_account_ids": texts(schema.TypeSet),
			"shared_config_files": texts(schema.TypeList), "shared_credentials_files": texts(schema.TypeList),
			"assume_role":                        blocks(schema.TypeList, 0, role),
			"assume_role_with_web_identity":      blocks(schema.TypeList, 1, webIdentity),
			"endpoints":                          blocks(schema.TypeSet, 0, map[string]*schema.Schema{"iam": text(), "sts": text(), "s3": text()}),
			"default_tags":                       blocks(schema.TypeList, 1, map[string]*schema.Schema{"tags": texts(schema.TypeMap)}),
			"ignore_tags":                        blocks(schema.TypeList, 1, ignored),
			"custom_ca_bundle":                   text(),
			"ec2_metadata_service_endpoint":      text(),
			"ec2_metadata_service_endpoint_mode": text(),
			"http_proxy":                         text(), "https_proxy": text(), "no_proxy": text(),
			"insecure":    flag(),
			"max_retries": count(), "retry_mode": text(), "token_bucket_rate_limiter_capacity": count(),
			"s3_us_east_1_regional_endpoint": text(), "s3_use_path_style": flag(),
			"skip_credentials_validation": flag(), "skip_metadata_api_check": text(), "skip_region_validation": flag(),
			"skip_requesting_account_id": flag(),
			"sts_region":                 text(),
			"use_dualstack_endpoint":     flag(), "use_fips_endpoint": flag(),
		},
		ResourcesMap: map[string]*schema.Resource{
			"aws_iam_user":       userResource(),
			"aws_iam_access_key": accessKeyResource(),
		},
		ConfigureContextFunc: func(ctx context.Context, d *schema.ResourceData) (any, diag.Diagnostics) {
			c, err := configure(ctx, d)
			return c, diag.FromErr(err)
		},
		TerraformVersion: "1.0.0+compatible",
	}
}

func configure(ctx context.Context, d *schema.ResourceData) (*client, error) {
	cfg, err := config.LoadDefaultConfig(ctx, loadOptions(d)...)
	if err != nil {
		return nil, err
	}
	iamEndpoint, stsEndpoint := endpoint(d, "iam"), endpoint(d, "sts")
	if iamEndpoint == nil {
		return nil, errors.New("this aws plugin is for tests and demo, and no way to reach AWS itself: set AWS_ENDPOINT_URL to an emulator's")
	}
	for _, role := range blocksOf(d, "assume_role") {
		signer := sts.NewFromConfig(cfg, func(o *sts.Options) { o.BaseEndpoint = stsEndpoint })
		cfg.Credentials = aws.NewCredentialsCache(stscreds.NewAssumeRoleProvider(signer, role["role_arn"].(string),
			func(o *stscreds.AssumeRoleOptions) {
				if id := role["external_id"].(string); id != "" {
					o.ExternalID = &id
				}
				if name := role["session_name"].(string); name != "" {
					o.RoleSessionName = name
				}
			}))
	}
	c := &client{
		iam:    iam.NewFromConfig(cfg, func(o *iam.Options) { o.BaseEndpoint = iamEndpoint }),
		region: cfg.Region,
	}
	for _, block := range blocksOf(d, "default_tags") {
		c.defaultTags = keyValuesOf(block["tags"])
	}
	for _, block := range blocksOf(d, "ignore_tags") {
		c.ignoredTags = &ignoredTags{keys: setOf(block["keys"]), prefixes: setOf(block["key_prefixes"])}
	}
	return c, nil
}

// loadOptions are the settings that say who signs: those that the tests use, the SDK's own chain for all others.
func loadOptions(d *schema.ResourceData) []func(*config.LoadOptions) error {
	var options []func(*config.LoadOptions) error
	if region := d.Get("region").(string); region != "" {
		options = append(options, config.WithRegion(region))
	}
	if profile := d.Get("profile").(string); profile != "" {
		options = append(options, config.WithSharedConfigProfile(profile))
	}
	if id := d.Get("access_key").(string); id != "" {
		static := credentials.NewStaticCredentialsProvider(id, d.Get("secret_key").(string), d.Get("token").(string))
		options = append(options, config.WithCredentialsProvider(static))
	}
	return options
}

func endpoint(d *schema.ResourceData, service string) *string {
	for _, block := range d.Get("endpoints").(*schema.Set).List() {
		if url, _ := block.(map[string]any)[service].(string); url != "" {
			return &url
		}
	}
	for _, name := range []string{map[string]string{"iam": "AWS_ENDPOINT_URL_IAM", "sts": "AWS_ENDPOINT_URL_STS"}[service], "AWS_ENDPOINT_URL"} {
		if url := os.Getenv(name); url != "" {
			return &url
		}
	}
	return nil
}

func blocksOf(d *schema.ResourceData, name string) (found []map[string]any) {
	for _, block := range d.Get(name).([]any) {
		// An empty block is nil.
		if fields, ok := block.(map[string]any); ok {
			found = append(found, fields)
		}
	}
	return found
}

func setOf(value any) (found []string) {
	for _, each := range value.(*schema.Set).List() {
		found = append(found, each.(string))
	}
	return found
}
