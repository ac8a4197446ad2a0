/**
 * What state files name for ever: `pulumi-aws-iam-rotator/provider`, and in it `provider`.
 *
 * @module provider
 */
export { provider } from "./dynamic/provider";
