// Package oracle has a function for each shape of type. The test beside it
// compares what their generated code writes with encoding/json.
package oracle

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"math/big"
	"net/netip"
	"net/url"
	"strconv"
	"time"

	"github.com/google/uuid"

	"example.com/oracle/foreign"
)

type (
	ID       string
	Cents    int64
	Ratio    float32
	Flag     bool
	Octet    byte
	Kelvin   float64
	Port     uint16
	Alias    = Plain
	Labels   map[ID]string
	Counts   map[Port]int
	Offsets  map[int8][]string
	Matrix   [2][3]float64
	Blob     []byte
	Octets   []Octet
	Digest   [4]byte
	Lines    []Line
	Tree     []Tree
	Forest   map[string]Forest
	LinkedTo *LinkedTo
)

type Basics struct {
	B   bool
	S   string
	I   int
	I8  int8
	I16 int16
	I32 int32
	I64 int64
	U   uint
	U8  uint8
	U16 uint16
	U32 uint32
	U64 uint64
	UP  uintptr
	F32 float32
	F64 float64
	R   rune
	ID  ID
	C   Cents
	Ra  Ratio
	F   Flag
	O   Octet
	K   Kelvin
	P   Port
}

type Quoted struct {
	B  bool         `json:",string"`
	S  string       `json:"s,string"`
	I  int          `json:",string"`
	U  uint64       `json:",string"`
	F  float64      `json:",string"`
	G  float32      `json:",string"`
	P  *int         `json:",string"`
	PP **int        `json:",string"`
	C  Cents        `json:",string"`
	D  ID           `json:",string"`
	N  json.Number  `json:",string"`
	NP *json.Number `json:",string"`
	T  Temperature  `json:",string"`
	L  []int        `json:",string"`
	A  any          `json:",string"`
	SP *string      `json:",string,omitempty"`
}

type OmitEmpty struct {
	B bool              `json:",omitempty"`
	S ID                `json:",omitempty"`
	I int               `json:",omitempty"`
	F float64           `json:",omitempty"`
	P *int              `json:",omitempty"`
	L []int             `json:",omitempty"`
	M map[string]int    `json:",omitempty"`
	A any               `json:",omitempty"`
	Z [0]int            `json:",omitempty"`
	R [2]int            `json:",omitempty"`
	T time.Time         `json:",omitempty"`
	N Line              `json:",omitempty"`
	W json.RawMessage   `json:",omitempty"`
	Y []byte            `json:",omitempty"`
	K map[Port]*Line    `json:",omitempty"`
	J json.Marshaler    `json:",omitempty"`
	X *Temperature      `json:",omitempty"`
	H []*PointerCelsius `json:",omitempty"`
}

type OmitZero struct {
	First  int                `json:"zz"`
	B      bool               `json:",omitzero"`
	S      string             `json:",omitzero"`
	I      Cents              `json:",omitzero"`
	P      *int               `json:",omitzero"`
	L      []int              `json:",omitzero"`
	M      map[string]int     `json:",omitzero"`
	A      any                `json:",omitzero"`
	T      time.Time          `json:",omitzero"`
	TP     *time.Time         `json:",omitzero"`
	N      Plain              `json:",omitzero"`
	R      [2]Plain           `json:",omitzero"`
	Own    OwnZero            `json:",omitzero"`
	OwnP   *OwnZero           `json:",omitzero"`
	Ptr    PointerZero        `json:",omitzero"`
	PtrP   *PointerZero       `json:",omitzero"`
	NoEq   NotComparable      `json:",omitzero"`
	Both   []string           `json:",omitempty,omitzero"`
	Addr   netip.Addr         `json:",omitzero"`
	Raw    json.RawMessage    `json:",omitzero"`
	Nested struct{ A, B int } `json:",omitzero"`
}

type OwnZero struct{ N int }

func (z OwnZero) IsZero() bool { return z.N%2 == 0 }

type PointerZero struct{ N int }

func (z *PointerZero) IsZero() bool { return z.N%2 == 1 || z.N == 0 }

type NotComparable struct {
	L []int
	M map[string]int
	n int
	_ int
}

type Plain struct {
	A int
	B string
}

type Line struct {
	SKU   ID      `json:"sku"`
	Price float64 `json:"price"`
	Note  *string `json:"note,omitempty"`
}

type Tags struct {
	Dash     int `json:"-,"`
	Skipped  int `json:"-"`
	Odd      int `json:"a/b c.d"`
	Bad      int `json:"b\"ad"`
	Empty    int `json:""`
	OnlyOpt  int `json:",omitempty"`
	Unicode  int `json:"é€"`
	High     int `json:"\U0001F600"`
	Private  int `json:""`
	HTML     int `json:"<&>"`
	notSeen  int
	_        int
	Emoji    int `json:"😀"`
	PrivateU int `json:""`
	Z        int
	z        int
}

// Embedding

type Base struct {
	ID    string
	Kind  string `json:"kind"`
	Depth int
}
type base2 struct {
	ID   string
	Kind int `json:"kind"`
	Two  int
}
type deep struct {
	Base
	Depth int
	Deep  string
}
type Ptr struct {
	P1 int
	P2 *string `json:",omitempty"`
}
type hidden struct{ H int }
type lower string
type Upper string

type Embedding struct {
	Base
	base2
	deep
	*Ptr
	*hidden
	lower
	Upper
	Named Base
	Kind  bool `json:"kinds"`
}

type Shadow struct {
	Base
	ID int
}

type Tie struct {
	Left
	Right
}
type Left struct{ X, L int }
type Right struct {
	X int
	R int `json:"X"`
}

type TagWins struct {
	NoTag
	WithTag
}
type NoTag struct{ Name string }
type WithTag struct {
	Other string `json:"Name"`
}

type Twice struct {
	A1
	B1
}
type A1 struct{ Common }
type B1 struct{ Common }
type Common struct{ Hidden int }

type Tagged struct {
	Base `json:"base"`
	*Ptr `json:",omitempty"`
}

type DeepPointers struct {
	*L1
}
type L1 struct {
	*L2
	One int
}
type L2 struct {
	Two int
	Cel PointerCelsius
}

type Cyclic struct {
	*Cyclic
	Name string
}

type EmbedsTime struct {
	time.Time
	Ignored int
}

type EmbedsForeign struct {
	foreign.Public
	foreign.Point
	Extra int
}

type EmbedsInterface struct {
	json.Marshaler
	N int
}

// Methods

type Temperature float64

func (t Temperature) MarshalJSON() ([]byte, error) {
	return []byte(fmt.Sprintf(`{ "unit": "C", "degrees": %d }`, int(min(max(float64(t), -1e6), 1e6)))), nil
}

type PointerCelsius struct{ N int }

func (c *PointerCelsius) MarshalJSON() ([]byte, error) {
	return []byte(`"` + strconv.Itoa(c.N) + `°"`), nil
}

type Text struct{ N int }

func (t Text) MarshalText() ([]byte, error) { return []byte("<text " + strconv.Itoa(t.N) + ">"), nil }

type PointerText int

func (t *PointerText) MarshalText() ([]byte, error) { return []byte("pt" + strconv.Itoa(int(*t))), nil }

type TextKind string

func (t TextKind) MarshalText() ([]byte, error) { return []byte("[" + string(t) + "]"), nil }

// Mixed has MarshalText on values and MarshalJSON on pointers.
type Mixed struct{ N int }

func (m Mixed) MarshalText() ([]byte, error)  { return []byte("text"), nil }
func (m *Mixed) MarshalJSON() ([]byte, error) { return []byte(`{"json":true}`), nil }

type ByteText byte

func (b ByteText) MarshalText() ([]byte, error) { return []byte{'b', 'a' + byte(b)%26}, nil }

type BytePointerText byte

func (b *BytePointerText) MarshalText() ([]byte, error) { return []byte{'p', 'a' + byte(*b)%26}, nil }

type NilMap map[string]int

func (m NilMap) MarshalJSON() ([]byte, error) { return []byte(strconv.Itoa(len(m))), nil }

type Methods struct {
	T   Temperature
	TP  *Temperature
	C   PointerCelsius
	CP  *PointerCelsius
	CL  []PointerCelsius
	CA  [2]PointerCelsius
	CM  map[string]PointerCelsius
	CMP map[string]*PointerCelsius
	X   Text
	XP  *Text
	Y   PointerText
	YP  *PointerText
	YL  []PointerText
	K   TextKind
	M   Mixed
	MP  *Mixed
	ML  []Mixed
	BT  []ByteText
	BP  []BytePointerText
	BA  [2]BytePointerText
	NM  NilMap
	JM  json.Marshaler
	PPC **PointerCelsius
	In  struct{ C PointerCelsius }
	InP *struct{ C PointerCelsius }
	KM  map[TextKind]int
	KT  map[Text]int
	KS  map[TextInt]*Text
	KP  map[PointerText]int
}

// TextInt has MarshalText, which goes before its kind in keys.
type TextInt int

func (t TextInt) MarshalText() ([]byte, error) { return []byte("t" + strconv.Itoa(int(t))), nil }

type Std struct {
	T    time.Time
	TP   *time.Time
	D    time.Duration
	W    time.Weekday
	N    json.Number
	R    json.RawMessage
	RL   []json.RawMessage
	RP   *json.RawMessage
	A    netip.Addr
	AL   []netip.Addr
	AM   map[netip.Addr]string
	ID   uuid.UUID
	IDs  []uuid.UUID
	IDM  map[uuid.UUID]time.Duration
	IDN  uuid.NullUUID
	NS   sql.NullString
	NI   sql.NullInt64
	NI32 sql.NullInt32
	NI16 sql.NullInt16
	NB   sql.NullBool
	NY   sql.NullByte
	NF   sql.NullFloat64
	NT   *sql.NullTime
	NG   sql.Null[time.Duration]
	BM   map[string]big.Int
	BF   *big.Float
	BR   big.Rat
	U    url.URL
	B    *big.Int
	BV   big.Int
	BL   []big.Int
	DT   Date
	Any  any
	Anys []any
	AnyM map[string]any
	E    interface{}
}

// Date has the fields of a time.Time and not its methods.
type Date time.Time

type Composites struct {
	L  []int
	LL [][]string
	A  [3]Cents
	AL [][2]bool
	M  map[string]float64
	MM map[string]map[int]string
	MS map[ID]Line
	MI map[int64]bool
	MU map[uint8]*Line
	ML map[string][]Line
	P  *int
	PP **string
	PL *[]int
	PM *map[string]int
	PA *[2]Line
	S  struct {
		X int `json:"x"`
		Y []struct{ Z string }
	}
	SP *struct{ Q int }
	B  []byte
	BB [][]byte
	BL Blob
	O  Octets
	OA [3]Octet
	D  Digest
	DP *Digest
	Mx Matrix
	Ls Lines
	Lb Labels
	Co Counts
	Of Offsets
	F  foreign.Config
	FL []foreign.Public
	FI foreign.Indirect
	E  struct{}
	EL []struct{}
}

type Node struct {
	Name     string
	Next     *Node           `json:",omitempty"`
	Children []*Node         `json:"children"`
	ByName   map[string]Node `json:",omitempty"`
	Other    *Other
}
type Other struct {
	Back *Node
	N    int
}

//kest:verified policy=p
func hashBasics(v Basics) error { return nil }

//kest:verified policy=p
func hashQuoted(v Quoted) error { return nil }

//kest:verified policy=p
func hashOmitEmpty(v OmitEmpty) error { return nil }

//kest:verified policy=p
func hashOmitZero(v OmitZero) error { return nil }

//kest:verified policy=p
func hashTags(v Tags) error { return nil }

//kest:verified policy=p
func hashEmbedding(v Embedding) error { return nil }

//kest:verified policy=p
func hashShadow(v Shadow) error { return nil }

//kest:verified policy=p
func hashTie(v Tie) error { return nil }

//kest:verified policy=p
func hashTagWins(v TagWins) error { return nil }

//kest:verified policy=p
func hashTwice(v Twice) error { return nil }

//kest:verified policy=p
func hashTagged(v Tagged) error { return nil }

//kest:verified policy=p
func hashDeepPointers(v DeepPointers) error { return nil }

//kest:verified policy=p
func hashDeepPointersPointer(v *DeepPointers) error { return nil }

//kest:verified policy=p
func hashCyclic(v Cyclic) error { return nil }

//kest:verified policy=p
func hashEmbedsTime(v EmbedsTime) error { return nil }

//kest:verified policy=p
func hashEmbedsForeign(v EmbedsForeign) error { return nil }

//kest:verified policy=p
func hashMethods(v Methods) error { return nil }

//kest:verified policy=p
func hashMethodsPointer(v *Methods) error { return nil }

//kest:verified policy=p
func hashMethodsSlice(v []Methods) error { return nil }

//kest:verified policy=p
func hashMethodsMap(v map[string]Methods) error { return nil }

//kest:verified policy=p
func hashMethodsArray(v [2]Methods) error { return nil }

//kest:verified policy=p
func hashStd(v Std) error { return nil }

//kest:verified policy=p
func hashStdPointer(v *Std) error { return nil }

//kest:verified policy=p
func hashComposites(v Composites) error { return nil }

//kest:verified policy=p
func hashNode(v Node) error { return nil }

//kest:verified policy=p
func hashTree(v Tree) error { return nil }

//kest:verified policy=p
func hashForest(v Forest) error { return nil }

//kest:verified policy=p
func hashLinked(v LinkedTo) error { return nil }

//kest:verified policy=p
func hashAlias(v *Alias) error { return nil }

//kest:verified policy=p
func hashVariadic(v ...Line) error { return nil }

//kest:verified policy=p
func hashAny(v any) error { return nil }

//kest:verified policy=p
func hashAnonymous(v struct {
	A int `json:"a,omitempty"`
	B []struct{ C *PointerCelsius }
}) error {
	return nil
}

//kest:verified policy=p
func outString() string { return "" }

//kest:verified policy=p
func outTwo() (Line, []int) { return Line{}, nil }

//kest:verified policy=p
func outNamed(ctx context.Context) (line Line, n int, err error) { return }
