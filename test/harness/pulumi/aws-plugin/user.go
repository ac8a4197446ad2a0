package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/hashicorp/terraform-plugin-sdk/v2/diag"
	"github.com/hashicorp/terraform-plugin-sdk/v2/helper/schema"
	"github.com/hashicorp/terraform-plugin-sdk/v2/helper/validation"
)

// userResource is aws_iam_user, with the schema of terraform-provider-aws.
func userResource() *schema.Resource {
	tagsAll := texts(schema.TypeMap)
	// In @pulumi/aws 6 a patch gives it the schema of tags.
	tagsAll.Computed = !regime6
	user := &schema.Resource{
		CreateWithoutTimeout: operation(createUser),
		ReadWithoutTimeout:   operation(readUser),
		UpdateWithoutTimeout: operation(updateUser),
		DeleteWithoutTimeout: operation(deleteUser),
		Importer:             &schema.ResourceImporter{StateContext: schema.ImportStatePassthroughContext},
		Schema: map[string]*schema.Schema{
			"arn":           {Type: schema.TypeString, Computed: true},
			"force_destroy": {Type: schema.TypeBool, Optional: true, Default: false},
			"name": {Type: schema.TypeString, Required: true, ValidateFunc: validation.StringMatch(
				regexp.MustCompile(`^[0-9A-Za-z=,.@\-_+]+$`),
				"must only contain alphanumeric characters, hyphens, underscores, commas, periods, @ symbols, plus and equals signs")},
			"path":                 {Type: schema.TypeString, Optional: true, Default: "/"},
			"permissions_boundary": {Type: schema.TypeString, Optional: true, ValidateFunc: validation.StringLenBetween(0, 2048)},
			"tags":                 texts(schema.TypeMap),
			"tags_all":             tagsAll,
			"unique_id":            {Type: schema.TypeString, Computed: true},
		},
	}
	if !regime6 {
		user.CustomizeDiff = planTagsAll
	}
	return user
}

func operation(f func(context.Context, *schema.ResourceData, *client) error) func(context.Context, *schema.ResourceData, any) diag.Diagnostics {
	return func(ctx context.Context, d *schema.ResourceData, meta any) diag.Diagnostics {
		return diag.FromErr(f(ctx, d, meta.(*client)))
	}
}

func createUser(ctx context.Context, d *schema.ResourceData, c *client) error {
	name := d.Get("name").(string)
	input := &iam.CreateUserInput{UserName: &name, Path: aws.String(d.Get("path").(string)), Tags: tagList(wantedTags(d, c))}
	if boundary, ok := d.GetOk("permissions_boundary"); ok {
		input.PermissionsBoundary = aws.String(boundary.(string))
	}
	made, err := c.iam.CreateUser(ctx, input)
	if err != nil {
		return fmt.Errorf("creating IAM User (%s): %w", name, err)
	}
	d.SetId(*made.User.UserName)
	return readUser(ctx, d, c)
}

func readUser(ctx context.Context, d *schema.ResourceData, c *client) error {
	found, err := c.iam.GetUser(ctx, &iam.GetUserInput{UserName: aws.String(d.Id())})
	if !d.IsNewResource() && isGone(err) {
		d.SetId("")
		return nil
	}
	if err != nil {
		return fmt.Errorf("reading IAM User (%s): %w", d.Id(), err)
	}
	user := found.User
	var boundary *string
	if user.PermissionsBoundary != nil {
		boundary = user.PermissionsBoundary.PermissionsBoundaryArn
	}
	for name, value := range map[string]*string{
		"arn": user.Arn, "name": user.UserName, "path": user.Path, "permissions_boundary": boundary, "unique_id": user.UserId,
	} {
		if err := d.Set(name, aws.ToString(value)); err != nil {
			return err
		}
	}
	tags := keyValues{}
	for _, tag := range user.Tags {
		tags[*tag.Key] = aws.ToString(tag.Value)
	}
	return setTags(d, c, tags)
}

func updateUser(ctx context.Context, d *schema.ResourceData, c *client) error {
	if err := updateTagsBefore(ctx, d, c, tagUser); err != nil {
		return err
	}
	if d.HasChanges("name", "path") {
		before, after := d.GetChange("name")
		_, err := c.iam.UpdateUser(ctx, &iam.UpdateUserInput{
			UserName: aws.String(before.(string)), NewUserName: aws.String(after.(string)), NewPath: aws.String(d.Get("path").(string)),
		})
		if err != nil {
			return fmt.Errorf("updating IAM User (%s): %w", d.Id(), err)
		}
		d.SetId(after.(string))
	}
	if d.HasChange("permissions_boundary") {
		if err := setBoundary(ctx, d, c); err != nil {
			return err
		}
	}
	if err := readUser(ctx, d, c); err != nil || plannedTagsKnown(d) {
		return err
	}
	if err := updateTagsAfter(ctx, d, c, tagUser); err != nil {
		return err
	}
	return readUser(ctx, d, c)
}

func setBoundary(ctx context.Context, d *schema.ResourceData, c *client) error {
	name := aws.String(d.Id())
	if boundary, ok := d.GetOk("permissions_boundary"); ok {
		input := &iam.PutUserPermissionsBoundaryInput{UserName: name, PermissionsBoundary: aws.String(boundary.(string))}
		if _, err := c.iam.PutUserPermissionsBoundary(ctx, input); err != nil {
			return fmt.Errorf("setting IAM User (%s) permissions boundary: %w", d.Id(), err)
		}
		return nil
	}
	if _, err := c.iam.DeleteUserPermissionsBoundary(ctx, &iam.DeleteUserPermissionsBoundaryInput{UserName: name}); err != nil {
		return fmt.Errorf("deleting IAM User (%s) permissions boundary: %w", d.Id(), err)
	}
	return nil
}

// deleteUser takes off what the real provider takes off, as far as the tests give it to a user: groups, and with
// force_destroy access keys.
func deleteUser(ctx context.Context, d *schema.ResourceData, c *client) error {
	name := aws.String(d.Id())
	member, err := c.iam.ListGroupsForUser(ctx, &iam.ListGroupsForUserInput{UserName: name})
	if isGone(err) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("removing IAM User (%s) group memberships: %w", d.Id(), err)
	}
	for _, group := range member.Groups {
		input := &iam.RemoveUserFromGroupInput{UserName: name, GroupName: group.GroupName}
		if _, err := c.iam.RemoveUserFromGroup(ctx, input); err != nil {
			return fmt.Errorf("removing IAM User (%s) group memberships: %w", d.Id(), err)
		}
	}
	if d.Get("force_destroy").(bool) {
		if err := deleteAccessKeys(ctx, c, name); err != nil {
			return fmt.Errorf("removing IAM User (%s) access keys: %w", d.Id(), err)
		}
	}
	if _, err := c.iam.DeleteUser(ctx, &iam.DeleteUserInput{UserName: name}); err != nil && !isGone(err) {
		return fmt.Errorf("deleting IAM User (%s): %w", d.Id(), err)
	}
	return nil
}

func deleteAccessKeys(ctx context.Context, c *client, user *string) error {
	keys, err := c.iam.ListAccessKeys(ctx, &iam.ListAccessKeysInput{UserName: user})
	if err != nil {
		return err
	}
	for _, key := range keys.AccessKeyMetadata {
		_, err := c.iam.DeleteAccessKey(ctx, &iam.DeleteAccessKeyInput{UserName: user, AccessKeyId: key.AccessKeyId})
		if err != nil && !isGone(err) {
			return err
		}
	}
	return nil
}

func tagUser(ctx context.Context, c *client, name string, olds, news keyValues) error {
	if gone := olds.ignoreSystem().removed(news); len(gone) > 0 {
		if _, err := c.iam.UntagUser(ctx, &iam.UntagUserInput{UserName: &name, TagKeys: gone}); err != nil {
			return fmt.Errorf("untagging resource (%s): %w", name, err)
		}
	}
	if changed := olds.updated(news).ignoreSystem(); len(changed) > 0 {
		if _, err := c.iam.TagUser(ctx, &iam.TagUserInput{UserName: &name, Tags: tagList(changed)}); err != nil {
			return fmt.Errorf("tagging resource (%s): %w", name, err)
		}
	}
	return nil
}

func tagList(tags keyValues) (list []types.Tag) {
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		list = append(list, types.Tag{Key: aws.String(key), Value: aws.String(tags[key])})
	}
	return list
}

func isGone(err error) bool {
	var gone *types.NoSuchEntityException
	return errors.As(err, &gone)
}
