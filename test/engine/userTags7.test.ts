import { tagsOfUsers } from "../harness/pulumi/userTagsSuite";

tagsOfUsers("7");
