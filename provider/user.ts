/**
 * What a program imports from `"pulumi-aws-iam-rotator/user"`. It needs `@pulumi/aws`.
 *
 * @module user
 */
export { RotatedUser, type RotatedUserArgs } from "./program/rotatedUser";
