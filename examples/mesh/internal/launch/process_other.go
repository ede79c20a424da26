//go:build !linux

package launch

import "syscall"

// ownGroup has nothing to ask for: a mesh that is killed leaves its processes.
func ownGroup() *syscall.SysProcAttr { return nil }
