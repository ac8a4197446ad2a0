// Writes the SDKs of a schema, as `pulumi package gen-sdk` does, which the language hosts that tests build can't:
//
//	gensdk SCHEMA FOLDER
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/blang/semver"
	golang "github.com/pulumi/pulumi/pkg/v3/codegen/go"
	"github.com/pulumi/pulumi/pkg/v3/codegen/nodejs"
	"github.com/pulumi/pulumi/pkg/v3/codegen/python"
	"github.com/pulumi/pulumi/pkg/v3/codegen/schema"
)

const tool = "the Pulumi SDK generator"

func main() {
	if err := run(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(schemaFile, folder string) error {
	text, err := os.ReadFile(schemaFile)
	if err != nil {
		return err
	}
	var spec schema.PackageSpec
	if err := json.Unmarshal(text, &spec); err != nil {
		return err
	}
	pkg, found, err := schema.BindSpec(spec, noOther{}, schema.ValidationOptions{})
	if err != nil {
		return err
	}
	// A schema with a fault in it is none to make an SDK of.
	if found.HasErrors() {
		return found
	}
	for language, generate := range map[string]func() (map[string][]byte, error){
		"nodejs": func() (map[string][]byte, error) {
			return nodejs.GeneratePackage(tool, pkg, nil, nil, false, noOther{})
		},
		"python": func() (map[string][]byte, error) { return python.GeneratePackage(tool, pkg, nil, noOther{}) },
		"go":     func() (map[string][]byte, error) { return golang.GeneratePackage(tool, pkg, nil) },
	} {
		files, err := generate()
		if err != nil {
			return fmt.Errorf("%s: %w", language, err)
		}
		for name, text := range files {
			file := filepath.Join(folder, language, name)
			if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
				return err
			}
			if err := os.WriteFile(file, text, 0o644); err != nil {
				return err
			}
		}
	}
	return nil
}

// noOther: our schema refers to no other package.
type noOther struct{}

var errOther = errors.New("the schema refers to another package")

func (noOther) LoadPackage(string, *semver.Version) (*schema.Package, error) { return nil, errOther }
func (noOther) LoadPackageV2(context.Context, *schema.PackageDescriptor) (*schema.Package, error) {
	return nil, errOther
}
func (noOther) LoadPackageReference(string, *semver.Version) (schema.PackageReference, error) {
	return nil, errOther
}
func (noOther) LoadPackageReferenceV2(context.Context, *schema.PackageDescriptor) (schema.PackageReference, error) {
	return nil, errOther
}
