package canon

// AppendRaw appends the canonical form of raw, which must be one JSON value,
// such as a json.RawMessage or what a MarshalJSON returned. nil is null. An
// integer literal (no fraction, no exponent) outside ±(2^53−1) becomes a JSON
// string of its digits. Errors match [ErrSyntax], [ErrUTF8], [ErrSurrogate],
// [ErrDuplicate], [ErrDepth] (beyond [MaxDepth]) or [ErrNumber].
func AppendRaw(dst, raw []byte) ([]byte, error) {
	return appendRaw(dst, raw, MaxDepth)
}

// appendRaw is AppendRaw for a value that may be nested depth levels deep.
func appendRaw(dst, raw []byte, depth int) ([]byte, error) {
	if raw == nil {
		return AppendNull(dst), nil
	}
	return canonicalize(dst, raw, depth, true)
}

// Transform appends the RFC 8785 form of src, which must be one JSON value. All
// numbers are doubles here, so integers beyond ±(2^53−1) are rounded as the RFC
// has it. dst must not share memory with src. Errors are those of [AppendRaw]; a
// nil src is [ErrSyntax].
func Transform(dst, src []byte) ([]byte, error) {
	return canonicalize(dst, src, MaxDepth, false)
}

func canonicalize(dst, src []byte, depth int, exact bool) ([]byte, error) {
	t := trees.Get().(*tree)
	defer t.release()
	t.src = src
	if err := t.parse(depth); err != nil {
		return dst, err
	}
	size := len(dst)
	dst, err := t.append(dst, 0, exact)
	if err != nil {
		return dst[:size], err
	}
	return dst, nil
}
