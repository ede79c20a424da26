// Package kest stands for the runtime: what generated code refers to.
package kest

import "context"

const RunKestgenVersion1 = 1

func RunKestgenIfStale[T any](T) struct{} { return struct{}{} }

type HookConfig struct {
	Operation string
	Policies  []string
}

type Hook struct{}

func MustHook(HookConfig) *Hook { return &Hook{} }

func (h *Hook) Begin(ctx context.Context) (*Call, error) { return &Call{}, nil }

type Call struct{}

func (c *Call) Enter() (context.Context, error) { return nil, nil }
func (c *Call) Inherit()                        {}
func (c *Call) Leave()                          {}
func (c *Call) End(*error)                      {}
