package kestgrpc

import (
	"google.golang.org/grpc/metadata"

	"go.opentelemetry.io/otel/propagation"
)

// carrier is metadata as OpenTelemetry carries it.
type carrier metadata.MD

var (
	_ propagation.TextMapCarrier = carrier(nil)
	_ propagation.ValuesGetter   = carrier(nil)
)

// Get gives the first value of a key.
func (c carrier) Get(key string) string {
	if values := c.Values(key); len(values) > 0 {
		return values[0]
	}
	return ""
}

// Values gives all values of a key.
func (c carrier) Values(key string) []string { return metadata.MD(c).Get(key) }

// Set replaces the values of a key.
func (c carrier) Set(key, value string) { metadata.MD(c).Set(key, value) }

// Keys gives all keys.
func (c carrier) Keys() []string {
	keys := make([]string, 0, len(c))
	for key := range c {
		keys = append(keys, key)
	}
	return keys
}
