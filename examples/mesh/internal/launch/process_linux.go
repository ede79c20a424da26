package launch

import "syscall"

// ownGroup keeps Ctrl-C for the mesh itself, which then stops its processes in
// order, and has the kernel end them if the mesh is killed.
func ownGroup() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
