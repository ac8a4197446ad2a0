/**
 * What a program imports from `"pulumi-aws-iam-rotator"`.
 *
 * @module pulumi-aws-iam-rotator
 */
export type { AccessKeyPair, AdoptedKeys, KnownKey, Login, RotatedKey } from "./accessKey";
export { RotatedAccessKey, type RotatedAccessKeyArgs } from "./rotatedAccessKey";
export { rotationPolicy } from "./rotationPolicy";
export { type ReportedKey, rotationReport } from "./rotationReport";
export { sesSmtpPassword } from "./sesSmtpPassword";
