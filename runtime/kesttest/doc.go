// Package kesttest has what tests of code with hooks need: engines that decide
// without policies, an identity that is the same in every run, and a recorder
// of what the policies were asked.
//
//	rt, err := kest.New(kest.Config{
//		Engine:   kesttest.Allow(),
//		Identity: kesttest.Identity("spiffe://test/payments"),
//	})
//	…
//	ctx := kest.NewContext(t.Context(), rt)
//
// Everything here is unsafe outside of tests: an engine that allows whatever it
// is asked, and a private key that anybody can compute. Both refuse to work
// where KEST_ENV=production.
package kesttest
