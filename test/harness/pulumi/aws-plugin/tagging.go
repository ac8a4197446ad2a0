package main

// What terraform-provider-aws does around each operation of a resource with tags: internal/provider/sdkv2, "transparent tagging".

import (
	"context"
	"maps"

	"github.com/hashicorp/go-cty/cty"
	"github.com/hashicorp/terraform-plugin-sdk/v2/helper/schema"
)

// rawData is what of a resource's data is asked as it stands in configuration, plan and state.
type rawData interface {
	GetRawConfig() cty.Value
	GetRawPlan() cty.Value
	GetRawState() cty.Value
}

// wantedTags are those to make a resource with.
func wantedTags(d *schema.ResourceData, c *client) keyValues {
	return c.defaultTags.merge(keyValuesOf(d.Get("tags"))).ignoreSystem()
}

// setTags records what AWS has told after a read.
func setTags(d *schema.ResourceData, c *client, found keyValues) error {
	if d.Id() == "" {
		return nil
	}
	found = found.ignoreSystem().ignore(c.ignoredTags)
	if err := d.Set("tags", found.resolveDuplicates(c, d).asAny()); err != nil {
		return err
	}
	return d.Set("tags_all", found.asAny())
}

// resolveDuplicates leaves out of a resource's own tags what only the provider's default tags give.
func (tags keyValues) resolveDuplicates(c *client, d rawData) keyValues {
	own := tags.removeDefault(c.defaultTags)
	config := d.GetRawConfig()
	configured := !config.IsNull() && config.IsKnown()
	if configured && config.GetAttr("tags").IsNull() {
		return own
	}
	inConfig := rawTags(config)
	known := rawTags(d.GetRawState())
	maps.Copy(known, rawTags(d.GetRawPlan()))
	maps.Copy(known, inConfig)
	for key, value := range known {
		if _, ok := own[key]; ok {
			continue
		}
		_, isConfigured := inConfig[key]
		if given, ok := c.defaultTags[key]; ok && given == value && (!configured || isConfigured) {
			own[key] = value
		}
	}
	return own.ignore(c.ignoredTags)
}

func rawTags(of cty.Value) keyValues { return rawMap(of, "tags") }

func rawMap(of cty.Value, name string) keyValues {
	found := keyValues{}
	if of.IsNull() || !of.IsKnown() {
		return found
	}
	value := of.GetAttr(name)
	if value.IsNull() || !value.IsKnown() {
		return found
	}
	for key, each := range value.AsValueMap() {
		if !each.IsNull() {
			found[key] = each.AsString()
		}
	}
	return found
}

type setTagsOf func(ctx context.Context, c *client, name string, olds, news keyValues) error

// updateTagsBefore tags what changed, where the plan knows it, before the rest of an update.
func updateTagsBefore(ctx context.Context, d *schema.ResourceData, c *client, update setTagsOf) error {
	if !plannedTagsKnown(d) || !d.HasChange("tags_all") {
		return nil
	}
	olds, news := d.GetChange("tags_all")
	return update(ctx, c, d.Id(), keyValuesOf(olds), keyValuesOf(news))
}

// updateTagsAfter does so after it, where the plan did not know the tags: with an empty value they count as not known.
func updateTagsAfter(ctx context.Context, d *schema.ResourceData, c *client, update setTagsOf) error {
	wanted := c.defaultTags.merge(rawTags(d.GetRawConfig())).ignoreSystem()
	return update(ctx, c, d.Id(), rawMap(d.GetRawState(), "tags_all"), wanted)
}

func plannedTagsKnown(d *schema.ResourceData) bool {
	return d.GetRawPlan().GetAttr("tags_all").IsWhollyKnown()
}

// planTagsAll is the CustomizeDiff of version 7: tags_all follows from tags and the default tags.
func planTagsAll(_ context.Context, d *schema.ResourceDiff, meta any) error {
	c := meta.(*client)
	if !d.GetRawPlan().GetAttr("tags").IsWhollyKnown() {
		return d.SetNewComputed("tags_all")
	}
	news := keyValuesOf(d.Get("tags"))
	all := c.defaultTags.merge(news).ignore(c.ignoredTags)
	if d.HasChange("tags") {
		if news.hasEmptyValue() {
			if err := d.SetNewComputed("tags_all"); err != nil {
				return err
			}
		}
		if len(all) == 0 || !news.hasEmptyValue() || !all.hasEmptyValue() {
			return d.SetNew("tags_all", all.asAny())
		}
		return nil
	}
	if len(all) == 0 {
		return nil
	}
	if !all.hasEmptyValue() {
		return d.SetNew("tags_all", all.asAny())
	}
	if !maps.Equal(keyValuesOf(d.Get("tags_all")), all) {
		return d.SetNewComputed("tags_all")
	}
	return nil
}
