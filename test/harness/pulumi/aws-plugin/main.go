// Command pulumi-resource-aws is a small aws plugin for tests and demo: Pulumi's real Terraform bridge, as @pulumi/aws has it,
// over aws_iam_user and aws_iam_access_key, which behave as terraform-provider-aws's do. It talks to emulators only.
package main

import (
	"context"
	_ "embed"
	"os"

	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	shimv2 "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfshim/sdk-v2"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
)

// The bridge serves it as it is, and programs in TypeScript never ask for it: their types come with @pulumi/aws.
const packageSchema = `{"name": "aws", "resources": {"aws:iam/user:User": {}, "aws:iam/accessKey:AccessKey": {}}}`

// regime6 tells whether tags are handled as in @pulumi/aws 6, instead of 7.
var regime6 = os.Getenv("ROTATOR_TEST_AWS_REGIME") == "6"

func version() string {
	if regime6 {
		return "6.83.0"
	}
	return "7.48.0"
}

func main() {
	tfbridge.Main("aws", version(), providerInfo(), []byte(packageSchema))
}

// providerInfo says what pulumi-aws's provider/resources.go says of these two.
func providerInfo() tfbridge.ProviderInfo {
	yes := tfbridge.True
	user := &tfbridge.ResourceInfo{
		Tok:              tokens.Type("aws:iam/user:User"),
		PreCheckCallback: applyTags,
		Fields: map[string]*tfbridge.SchemaInfo{
			"name":     tfbridge.AutoName("name", 255, "-"),
			"tags_all": {MarkAsComputedOnly: yes(), MarkAsOptional: tfbridge.False()},
		},
	}
	if regime6 {
		user.TransformOutputs = tagsFromTagsAll
	}
	accessKey := &tfbridge.ResourceInfo{Tok: tokens.Type("aws:iam/accessKey:AccessKey")}
	return tfbridge.ProviderInfo{
		P:            shimv2.NewProvider(tfProvider()),
		Name:         "aws",
		Version:      version(),
		MetadataInfo: tfbridge.NewProviderMetadata([]byte("{}")),
		Config: map[string]*tfbridge.SchemaInfo{
			"region":                      {Default: &tfbridge.DefaultInfo{EnvVars: []string{"AWS_REGION", "AWS_DEFAULT_REGION"}}},
			"skip_region_validation":      {Default: &tfbridge.DefaultInfo{Value: true}},
			"skip_credentials_validation": {Default: &tfbridge.DefaultInfo{Value: false}},
			"skip_metadata_api_check":     {Type: "boolean"},
			"access_key":                  {Secret: yes()},
			"secret_key":                  {Secret: yes()},
			"token":                       {Secret: yes()},
		},
		Resources:                   map[string]*tfbridge.ResourceInfo{"aws_iam_user": user, "aws_iam_access_key": accessKey},
		EnableAccurateBridgePreview: true,
		EnableRawStateDelta:         true,
	}
}

// tagsFromTagsAll is what @pulumi/aws 6 answers: as tags, all of them.
func tagsFromTagsAll(_ context.Context, outputs resource.PropertyMap) (resource.PropertyMap, error) {
	all, ok := outputs["tagsAll"]
	if !ok {
		return outputs, nil
	}
	outputs = outputs.Copy()
	outputs["tags"] = all
	return outputs, nil
}
