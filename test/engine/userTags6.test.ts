import { tagsOfUsers } from "../support/userTagsSuite";

tagsOfUsers("6");
