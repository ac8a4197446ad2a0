import { tagsOfRotatedUser } from "../support/userTagsSuite";

tagsOfRotatedUser("6");
