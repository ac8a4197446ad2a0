package main

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/hashicorp/terraform-plugin-sdk/v2/helper/schema"
	"github.com/hashicorp/terraform-plugin-sdk/v2/helper/validation"
)

// accessKeyResource is aws_iam_access_key, but for encryption by pgp_key, which it refuses.
func accessKeyResource() *schema.Resource {
	computed := func() *schema.Schema { return &schema.Schema{Type: schema.TypeString, Computed: true} }
	secret := func() *schema.Schema {
		return &schema.Schema{Type: schema.TypeString, Computed: true, Sensitive: true}
	}
	statuses := []string{string(types.StatusTypeActive), string(types.StatusTypeInactive)}
	return &schema.Resource{
		CreateWithoutTimeout: operation(createAccessKey),
		ReadWithoutTimeout:   operation(readAccessKey),
		UpdateWithoutTimeout: operation(updateAccessKey),
		DeleteWithoutTimeout: operation(deleteAccessKey),
		Schema: map[string]*schema.Schema{
			"create_date":                    computed(),
			"encrypted_secret":               computed(),
			"encrypted_ses_smtp_password_v4": computed(),
			"key_fingerprint":                computed(),
			"pgp_key":                        {Type: schema.TypeString, Optional: true, ForceNew: true},
			"secret":                         secret(),
			"ses_smtp_password_v4":           secret(),
			"status": {Type: schema.TypeString, Optional: true, Default: statuses[0],
				ValidateFunc: validation.StringInSlice(statuses, false)},
			"user": {Type: schema.TypeString, Required: true, ForceNew: true},
		},
	}
}

func createAccessKey(ctx context.Context, d *schema.ResourceData, c *client) error {
	user := d.Get("user").(string)
	if d.Get("pgp_key").(string) != "" {
		return errors.New("this aws plugin, for tests and demo, does not know pgp_key")
	}
	made, err := c.iam.CreateAccessKey(ctx, &iam.CreateAccessKeyInput{UserName: &user})
	if err != nil {
		return fmt.Errorf("creating IAM Access Key (%s): %w", user, err)
	}
	key := made.AccessKey
	d.SetId(*key.AccessKeyId)
	if err := d.Set("secret", aws.ToString(key.SecretAccessKey)); err != nil {
		return err
	}
	if err := d.Set("ses_smtp_password_v4", sesSMTPPassword(aws.ToString(key.SecretAccessKey), c.region)); err != nil {
		return err
	}
	if status := d.Get("status").(string); status != string(key.Status) {
		if err := setStatus(ctx, d, c, status); err != nil {
			return err
		}
	}
	return readAccessKey(ctx, d, c)
}

func readAccessKey(ctx context.Context, d *schema.ResourceData, c *client) error {
	user := d.Get("user").(string)
	found, err := c.iam.ListAccessKeys(ctx, &iam.ListAccessKeysInput{UserName: &user})
	if err != nil && !isGone(err) {
		return fmt.Errorf("reading IAM Access Key (%s): %w", d.Id(), err)
	}
	if err == nil {
		for _, key := range found.AccessKeyMetadata {
			if aws.ToString(key.AccessKeyId) != d.Id() {
				continue
			}
			if err := d.Set("create_date", aws.ToTime(key.CreateDate).Format(time.RFC3339)); err != nil {
				return err
			}
			return d.Set("status", string(key.Status))
		}
	}
	if d.IsNewResource() {
		return fmt.Errorf("reading IAM Access Key (%s): it is not there", d.Id())
	}
	d.SetId("")
	return nil
}

func updateAccessKey(ctx context.Context, d *schema.ResourceData, c *client) error {
	if d.HasChange("status") {
		if err := setStatus(ctx, d, c, d.Get("status").(string)); err != nil {
			return err
		}
	}
	return readAccessKey(ctx, d, c)
}

func setStatus(ctx context.Context, d *schema.ResourceData, c *client, status string) error {
	_, err := c.iam.UpdateAccessKey(ctx, &iam.UpdateAccessKeyInput{
		UserName: aws.String(d.Get("user").(string)), AccessKeyId: aws.String(d.Id()), Status: types.StatusType(status),
	})
	if err != nil {
		return fmt.Errorf("updating IAM Access Key (%s): %w", d.Id(), err)
	}
	return nil
}

func deleteAccessKey(ctx context.Context, d *schema.ResourceData, c *client) error {
	_, err := c.iam.DeleteAccessKey(ctx, &iam.DeleteAccessKeyInput{
		UserName: aws.String(d.Get("user").(string)), AccessKeyId: aws.String(d.Id()),
	})
	if err != nil && !isGone(err) {
		return fmt.Errorf("deleting IAM Access Key (%s): %w", d.Id(), err)
	}
	return nil
}

// sesSMTPPassword is AWS's algorithm: a signature, and the number of its version before it.
func sesSMTPPassword(secret, region string) string {
	signature := []byte("AWS4" + secret)
	for _, part := range []string{"11111111", region, "ses", "aws4_request", "SendRawEmail"} {
		mac := hmac.New(sha256.New, signature)
		mac.Write([]byte(part))
		signature = mac.Sum(nil)
	}
	return base64.StdEncoding.EncodeToString(append([]byte{4}, signature...))
}
