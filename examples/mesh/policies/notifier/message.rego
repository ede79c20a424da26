# A message follows something that was done: it is never the first of its lineage.
package notifier.message

default allow := false

allow if not input.environment.is_root
