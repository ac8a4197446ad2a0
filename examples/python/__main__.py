import pulumi
import pulumi_aws_iam_rotator as rotator

# A rotation is a change of this text: `pulumi config set rotation 2026-12`, then `pulumi up`.
rotation = pulumi.Config().get("rotation") or "first"

deploy = rotator.RotatedUser(
    "deploy",
    user={"path": "/ci/"},
    rotation_trigger=rotation,
)

pulumi.export("userArn", deploy.user_arn)
pulumi.export("currentAccessKeyId", deploy.current_access_key_id)
pulumi.export("previousAccessKeyId", deploy.previous_access_key_id)
# Secret. Other stacks read it by a StackReference, in any language: with the names that it has everywhere.
pulumi.export("current", {
    "accessKeyId": deploy.current.access_key_id,
    "secretAccessKey": deploy.current.secret_access_key,
    "createdAt": deploy.current.created_at,
})
