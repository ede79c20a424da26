package convert // want package:"pay.Refund→VerifiedRefund pay.Service.Write→VerifiedWrite pay.Service.charge→Charge pay.charge→Charge"

import (
	"context"
	"io"

	"pay"
)

type writer interface {
	Write(ctx context.Context, n int) error
}

type both interface {
	writer
	io.Closer
}

type field struct{ w writer }

func takes(writer)                         {}
func takesMany(n int, w ...writer)         {}
func two() (*pay.Service, error)           { return nil, nil }
func gives(s *pay.Service) (writer, error) { return s, nil } // want `\*pay.Service becomes writer, through which pay.Service.Write can be called around its Kest hook: pass a type whose method Write calls the wrapper VerifiedWrite`

var global writer = &pay.Service{} // want `becomes writer`

func use(s *pay.Service, c chan writer, m map[writer]writer, list []*pay.Service, x any) {
	var w writer = s                      // want `becomes writer`
	w = s                                 // want `becomes writer`
	_ = writer(s)                         // thrown away
	v := writer(s)                        // want `becomes writer`
	takes(s)                              // want `becomes writer`
	takesMany(1, s, s)                    // want `becomes writer` `becomes writer`
	takesMany(1, []writer{s}...)          // want `becomes writer`
	_ = field{s}                          // want `becomes writer`
	_ = &field{w: s}                      // want `becomes writer`
	_ = []*field{{w: s}}                  // want `becomes writer`
	_ = [2]writer{1: s}                   // want `becomes writer`
	c <- s                                // want `becomes writer`
	m[s] = w                              // want `becomes writer`
	_ = map[writer]writer{s: nil, nil: s} // want `becomes writer` `becomes writer`
	w, _ = two()                          // want `becomes writer`
	for _, w = range list {               // want `becomes writer`
	}
	func() writer { return s }() // want `becomes writer`
	_ = append([]writer{}, s)    // want `becomes writer`
	var anonymous interface {
		Write(context.Context, int) error
	} = s // want `becomes an interface with Write, through`
	constrained(s)            // want `becomes an interface with Write, through|becomes writer, through`
	_ = boxed[*pay.Service]{} // want `becomes writer, through|becomes an interface with Write, through`

	// Nothing can be called through these.
	var _ writer = s
	var a any = s
	a = s
	takes(nil)
	takes(w)
	w, v = v, w
	_, _ = a, anonymous
	_ = w == s
	_, _ = x.(writer)
	_ = append(list, s)
}

func constrained[W writer](w W) {}

type boxed[W writer] struct{ w W }

// wrapped goes through the hook.
type wrapped struct{ s *pay.Service }

func (w wrapped) Write(ctx context.Context, n int) error { return w.s.VerifiedWrite(ctx, n) }

var _ writer = wrapped{}
var fine writer = wrapped{}

func forward[W writer](w W) { takes(w) }
