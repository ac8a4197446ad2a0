export { RotatedUser, type RotatedUserArgs } from "./rotatedUser";
