package main

import (
	"maps"
	"slices"
	"strings"
)

// keyValues are tags, with the operations of terraform-provider-aws's internal/tags that IAM users need.
type keyValues map[string]string

type ignoredTags struct{ keys, prefixes []string }

func keyValuesOf(value any) keyValues {
	tags := keyValues{}
	if given, ok := value.(map[string]any); ok {
		for key, each := range given {
			tags[key], _ = each.(string)
		}
	}
	return tags
}

func (tags keyValues) asAny() map[string]any {
	values := map[string]any{}
	for key, value := range tags {
		values[key] = value
	}
	return values
}

func (tags keyValues) filter(keep func(key, value string) bool) keyValues {
	kept := keyValues{}
	for key, value := range tags {
		if keep(key, value) {
			kept[key] = value
		}
	}
	return kept
}

func (tags keyValues) merge(others keyValues) keyValues {
	merged := keyValues{}
	maps.Copy(merged, tags)
	maps.Copy(merged, others)
	return merged
}

func (tags keyValues) ignoreSystem() keyValues {
	return tags.filter(func(key, _ string) bool { return !strings.HasPrefix(key, "aws:") })
}

func (tags keyValues) ignore(ignored *ignoredTags) keyValues {
	if ignored == nil {
		return tags
	}
	return tags.filter(func(key, _ string) bool {
		hasPrefix := func(prefix string) bool { return strings.HasPrefix(key, prefix) }
		return !slices.Contains(ignored.keys, key) && !slices.ContainsFunc(ignored.prefixes, hasPrefix)
	})
}

// removed are the keys that are not in the new tags any more.
func (tags keyValues) removed(news keyValues) []string {
	gone := tags.filter(func(key, _ string) bool { _, ok := news[key]; return !ok })
	return slices.Sorted(maps.Keys(gone))
}

// updated are the new tags that are added or changed.
func (tags keyValues) updated(news keyValues) keyValues {
	return news.filter(func(key, value string) bool { old, ok := tags[key]; return !ok || old != value })
}

func (tags keyValues) removeDefault(defaults keyValues) keyValues {
	return tags.filter(func(key, value string) bool { old, ok := defaults[key]; return !ok || old != value })
}

func (tags keyValues) hasEmptyValue() bool {
	for _, value := range tags {
		if value == "" {
			return true
		}
	}
	return false
}
