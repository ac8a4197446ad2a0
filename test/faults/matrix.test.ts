import { faultMatrix } from "../support/faultMatrix";

faultMatrix("the dynamic provider");
