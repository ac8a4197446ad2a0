package main

import (
	"context"
	"errors"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// applyTags does to the inputs what pulumi-aws's provider/tags.go does: it fills in tagsAll, and in version 6 tags as well.
func applyTags(_ context.Context, inputs, config resource.PropertyMap) (resource.PropertyMap, error) {
	tags := resource.NewObjectProperty(resource.PropertyMap{})
	if given, ok := inputs["tags"]; ok {
		tags = given
	}
	if resource.NewObjectProperty(config).ContainsUnknowns() || tags.ContainsUnknowns() {
		return withTags(inputs, resource.NewOutputProperty(resource.Output{Known: false})), nil
	}
	if tags.ContainsSecrets() {
		return nil, errors.New("the tags' secrets were to be taken off before")
	}
	all := defaultTagsOf(config).merge(textsOf(tags)).ignore(ignoredTagsOf(config))
	properties := resource.PropertyMap{}
	for key, value := range all {
		properties[resource.PropertyKey(key)] = resource.NewProperty(value)
	}
	return withTags(inputs, resource.NewProperty(properties)), nil
}

func withTags(inputs resource.PropertyMap, all resource.PropertyValue) resource.PropertyMap {
	inputs = inputs.Copy()
	inputs["tagsAll"] = all
	if isEmpty := all.IsObject() && len(all.ObjectValue()) == 0; regime6 && !isEmpty {
		inputs["tags"] = all
	}
	return inputs
}

func defaultTagsOf(config resource.PropertyMap) keyValues {
	if found, ok := config["defaultTags"]; ok && found.IsObject() {
		return textsOf(found.ObjectValue()["tags"])
	}
	return nil
}

func ignoredTagsOf(config resource.PropertyMap) *ignoredTags {
	found, ok := config["ignoreTags"]
	if !ok || !found.IsObject() {
		return nil
	}
	list := func(name resource.PropertyKey) (texts []string) {
		if value := found.ObjectValue()[name]; value.IsArray() {
			for _, each := range value.ArrayValue() {
				texts = append(texts, each.StringValue())
			}
		}
		return texts
	}
	return &ignoredTags{keys: list("keys"), prefixes: list("keyPrefixes")}
}

func textsOf(value resource.PropertyValue) keyValues {
	texts := keyValues{}
	if !value.IsObject() {
		return texts
	}
	for key, each := range value.ObjectValue() {
		// The bridge's own note of what it has filled in.
		if key == "__defaults" {
			continue
		}
		texts[string(key)] = ""
		if each.IsString() {
			texts[string(key)] = each.StringValue()
		}
	}
	return texts
}
