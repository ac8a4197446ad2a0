package rotator;

import com.example.awsiamrotator.RotatedUser;
import com.example.awsiamrotator.RotatedUserArgs;
import com.example.awsiamrotator.inputs.UserSettingsArgs;
import com.pulumi.Context;
import com.pulumi.Pulumi;
import java.util.Map;

public class App {
    public static void main(String[] args) {
        Pulumi.run(App::stack);
    }

    static void stack(Context ctx) {
        // A rotation is a change of this text: `pulumi config set rotation 2026-12`, then `pulumi up`.
        var rotation = ctx.config().get("rotation").orElse("first");

        var deploy = new RotatedUser("deploy", RotatedUserArgs.builder()
            .user(UserSettingsArgs.builder().path("/ci/").build())
            .rotationTrigger(rotation)
            .build());

        ctx.export("userArn", deploy.userArn());
        ctx.export("currentAccessKeyId", deploy.currentAccessKeyId());
        // Pulumi's SDK for Java has an empty text where there is none.
        ctx.export("previousAccessKeyId", deploy.previousAccessKeyId());
        // Secret. Other stacks read it by a StackReference, in any language: with the names that it has everywhere.
        ctx.export("current", deploy.current().applyValue(key -> Map.of(
            "accessKeyId", key.accessKeyId(),
            "secretAccessKey", key.secretAccessKey(),
            "createdAt", key.createdAt())));
    }
}
