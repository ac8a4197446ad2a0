// Command esc opens an environment of Pulumi ESC as Pulumi Cloud does: ESC's own evaluator, but providers that answer with what
// standard input says: {"pulumi-stacks": {"project/stack": {outputs}}, "aws-login": {…}}. It prints the environment's variables
// and its configuration for Pulumi, or what is wrong with the file.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"

	"github.com/pulumi/esc"
	"github.com/pulumi/esc/eval"
	"github.com/pulumi/esc/schema"
)

func main() {
	if err := run(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(file string) error {
	var answers map[string]map[string]any
	if err := json.NewDecoder(os.Stdin).Decode(&answers); err != nil {
		return err
	}
	source, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	declared, wrong, err := eval.LoadYAMLBytes(file, source)
	if err != nil {
		return err
	}
	if wrong.HasErrors() {
		return wrong
	}
	execution, err := esc.NewExecContext(map[string]esc.Value{})
	if err != nil {
		return err
	}
	opened, wrong := eval.EvalEnvironment(context.Background(), file, declared, nil, providers(answers), nil, execution)
	if wrong.HasErrors() {
		return wrong
	}
	shown := map[string]any{}
	for _, name := range []string{"environmentVariables", "pulumiConfig"} {
		shown[name] = map[string]any{"values": nil, "secret": nil}
		value, ok := opened.Properties[name]
		if !ok {
			continue
		}
		secret := map[string]bool{}
		for key, inner := range value.Value.(map[string]esc.Value) {
			secret[key] = isSecret(inner)
		}
		shown[name] = map[string]any{"values": value.ToJSON(false), "secret": secret}
	}
	return json.NewEncoder(os.Stdout).Encode(shown)
}

// isSecret tells whether a value is hidden, or in a map all that is in it.
func isSecret(value esc.Value) bool {
	inner, ok := value.Value.(map[string]esc.Value)
	if value.Secret || !ok {
		return value.Secret
	}
	for _, each := range inner {
		if !isSecret(each) {
			return false
		}
	}
	return true
}

type providers map[string]map[string]any

func (all providers) LoadProvider(_ context.Context, name string) (esc.Provider, error) {
	switch name {
	case "pulumi-stacks":
		return stacks(all[name]), nil
	case "aws-login":
		return login(all[name]), nil
	}
	return nil, fmt.Errorf("no provider %q", name)
}

func (providers) LoadRotator(_ context.Context, name string) (esc.Rotator, error) {
	return nil, fmt.Errorf("no rotator %q", name)
}

// stacks takes names, each with the stack whose outputs it stands for.
type stacks map[string]any

func (stacks) Schema() (inputs, outputs *schema.Schema) {
	stack := schema.Record(schema.BuilderMap{"stack": schema.String()})
	return schema.Record(schema.BuilderMap{"stacks": schema.Object().AdditionalProperties(stack)}).Schema(), schema.Always()
}

func (known stacks) Open(_ context.Context, inputs map[string]esc.Value, _ esc.EnvExecContext) (esc.Value, error) {
	found := map[string]esc.Value{}
	for name, asked := range inputs["stacks"].Value.(map[string]esc.Value) {
		stack := asked.Value.(map[string]esc.Value)["stack"].Value.(string)
		outputs, ok := known[stack]
		if !ok {
			return esc.Value{}, fmt.Errorf("no stack %q", stack)
		}
		found[name] = hidden(outputs)
	}
	return esc.NewValue(found), nil
}

// login takes a role, and gives temporary credentials of it.
type login map[string]any

func (login) Schema() (inputs, outputs *schema.Schema) {
	role := schema.Object().Properties(schema.BuilderMap{
		"roleArn": schema.String(), "sessionName": schema.String(), "duration": schema.String(),
	}).Required("roleArn", "sessionName")
	credentials := schema.BuilderMap{
		"accessKeyId": schema.String(), "secretAccessKey": schema.String(), "sessionToken": schema.String(),
	}
	return schema.Record(schema.BuilderMap{"oidc": role}).Schema(), schema.Record(credentials).Schema()
}

func (known login) Open(context.Context, map[string]esc.Value, esc.EnvExecContext) (esc.Value, error) {
	return hidden(map[string]any(known)), nil
}

// hidden is a value whose texts are secrets, as outputs with a key in them come.
func hidden(plain any) esc.Value {
	inner, ok := plain.(map[string]any)
	if !ok {
		return esc.NewSecret(plain.(string))
	}
	all := map[string]esc.Value{}
	for name, each := range inner {
		all[name] = hidden(each)
	}
	return esc.NewValue(all)
}
