import { killedRuns } from "../support/killedRuns";

killedRuns("the dynamic provider", async () => ({}));
