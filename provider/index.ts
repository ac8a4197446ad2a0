/**
 * What a program imports from `"pulumi-aws-iam-rotator"`.
 *
 * @module pulumi-aws-iam-rotator
 */
export type { AccessKeyPair, AdoptedKeys, KnownKey, LastUse, Login, RotatedKey } from "./model/accessKey";
export type { Pending } from "./model/pending";
export { readRotatedKey } from "./program/readRotatedKey";
export { RotatedAccessKey, type RotatedAccessKeyArgs } from "./program/rotatedAccessKey";
export { rotationPolicy } from "./program/rotationPolicy";
export { type ReportedKey, rotationReport } from "./program/rotationReport";
export { sesSmtpPassword } from "./program/sesSmtpPassword";
