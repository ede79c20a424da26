// Package reload is a policy engine that loads its policies again when they
// change on disk, while the program runs.
//
//	engine, err := reload.New(reload.Config{
//		Path: "/etc/kest/policies",
//		Load: func(path string) (kest.Engine, error) { return rego.LoadDir(path) },
//	})
//	…
//	defer engine.Close()
//
// # What counts as a change
//
// The content: names and bytes of all regular files under Path, or of the one
// file that it is. Times of modification are not looked at. Symbolic links to
// files are followed and those to directories below Path are not, and names that
// start with a dot are left out: what the loaders of this module do, and what
// makes the swap of a Kubernetes ConfigMap one change. It is looked at every
// Interval, and loaded when two looks saw the same and a third one, after it was
// loaded, still does: a folder that is being copied is left alone until it is
// complete.
//
// # When new policies cannot be used
//
// Those from before stay in use, whatever happens at Path: policies that do not
// compile, a folder that is empty, unreadable or gone, a loader that panics or
// does not come back, and policies that lack one that a tier of the configuration
// names, which [kest.New] would have refused. It is reported once, to the log
// and to OnReload; [Engine.Err] says it for as long as it is so. To take policies
// away on purpose, deploy ones that deny.
//
// # One version for each call
//
// The change is atomic. A hook takes a snapshot for each call, so all policies
// of the call are decided by one version, and the entry's kest.policy_digest is
// of that version.
package reload
