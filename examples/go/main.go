package main

import (
	rotator "example.com/pulumi-aws-iam-rotator/sdk/go/awsiamrotator"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/config"
)

func main() {
	pulumi.Run(func(ctx *pulumi.Context) error {
		// A rotation is a change of this text: `pulumi config set rotation 2026-12`, then `pulumi up`.
		rotation := config.New(ctx, "").Get("rotation")
		if rotation == "" {
			rotation = "first"
		}

		deploy, err := rotator.NewRotatedUser(ctx, "deploy", &rotator.RotatedUserArgs{
			User:            &rotator.UserSettingsArgs{Path: pulumi.String("/ci/")},
			RotationTrigger: pulumi.String(rotation),
		})
		if err != nil {
			return err
		}

		ctx.Export("userArn", deploy.UserArn)
		ctx.Export("currentAccessKeyId", deploy.CurrentAccessKeyId)
		ctx.Export("previousAccessKeyId", deploy.PreviousAccessKeyId)
		// Secret. Other stacks read it by a StackReference.
		ctx.Export("current", deploy.Current)
		return nil
	})
}
