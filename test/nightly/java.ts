import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { publishedAs } from "../../tools/plugin/names";
import { Plugin } from "../harness/pulumi/pluginStack";
import { stand } from "../harness/pulumi/stand";

const { javaPackage } = publishedAs(require("../../package.json"));

/** Adds to the example what it has not: the other resource, and the functions. */
const rest = (userArn: string) => `package rotator;

import ${javaPackage}.awsiamrotator.AwsiamrotatorFunctions;
import ${javaPackage}.awsiamrotator.RotatedAccessKey;
import ${javaPackage}.awsiamrotator.RotatedAccessKeyArgs;
import ${javaPackage}.awsiamrotator.inputs.*;
import com.pulumi.Pulumi;
import java.util.List;
import java.util.Optional;

public class Rest {
    public static void main(String[] args) {
        Pulumi.run(ctx -> {
            App.stack(ctx);
            var key = new RotatedAccessKey("ci", RotatedAccessKeyArgs.builder()
                .userArn("${userArn}").rotateEvery("90d").gracePeriod("7d").build());
            ctx.export("key", key.current().applyValue(current -> current.accessKeyId()));
            ctx.export("due", key.rotationDueAt());
            ctx.export("absent", key.previousUntil().applyValue(until -> until.filter(date -> !date.isEmpty()).isEmpty()));
            ctx.export("without", key.previous().applyValue(previous -> previous.isEmpty()));
            ctx.export("policy", AwsiamrotatorFunctions.rotationPolicy(
                RotationPolicyArgs.builder().userArns(key.userArn().applyValue(List::of)).build()).applyValue(it -> it.json()));
            ctx.export("password", AwsiamrotatorFunctions.sesSmtpPassword(SesSmtpPasswordArgs.builder().region("eu-central-1")
                .secretAccessKey(key.current().applyValue(current -> current.secretAccessKey())).build()).applyValue(it -> it.password()));
            ctx.export("report", AwsiamrotatorFunctions.rotationReport(RotationReportArgs.builder().keys(ReportedKeyArgs.builder()
                .userArn(key.userArn()).currentAccessKeyId(key.currentAccessKeyId()).build()).build()).applyValue(it -> it.markdown()));
        });
    }
}
`;

describe("the provider plugin, from Java", function () {
  this.timeout(900_000);
  const plugin = stand(new Plugin());

  it("makes, previews and rotates keys of both resources, has the functions, and keeps secrets", async () => {
    const stack = await plugin.example("java");
    await stack.up();
    const { currentAccessKeyId: first, previousAccessKeyId } = await stack.outputs();
    assert.match(String(first), /^AKIA/);
    assert.equal(previousAccessKeyId, "");

    await stack.must("config", "set", "rotation", "2026-12", "--stack", "dev");
    plugin.calls();
    const preview = await stack.preview("--diff");
    assert.match(preview, new RegExp(`makes a new access key as current, keeps ${first} valid as previous`));
    assert.match(preview, new RegExp(`previousAccessKeyId: .*"${first}"`), "told exactly");
    assert.deepEqual(plugin.calls(), [], "a preview asks AWS nothing");

    const userArn = await plugin.account("java").createUser();
    writeFileSync(join(stack.folder, "src/main/java/rotator/Rest.java"), rest(userArn));
    const pom = join(stack.folder, "pom.xml");
    writeFileSync(pom, readFileSync(pom, "utf8").replace("rotator.App", "rotator.Rest"));
    await stack.up();
    const outputs = (await stack.outputs()) as Record<string, string>;
    assert.equal(outputs.previousAccessKeyId, first);
    assert.notEqual(outputs.currentAccessKeyId, first);
    assert.match(JSON.stringify(outputs.current), /"secretAccessKey":"[^"]{20,}"/, "of use to a program");
    assert.match(outputs.due ?? "", /^\d{4}-/);
    assert.deepEqual([outputs.absent, outputs.without], [true, true]);
    assert.match(outputs.policy ?? "", /iam:CreateAccessKey.*user\/ci\/java/);
    assert.match(outputs.password ?? "", /^B[\w+/]{30,}=*$/);
    assert.match(outputs.report ?? "", new RegExp(`\\| java +\\| ${outputs.key} `));

    await stack.must("preview", "--expect-no-changes", "--stack", "dev");
    await stack.destroy();
  });
});
