package main

import (
	"bytes"
	"crypto/ed25519"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"runtime"
)

// maxPEMSize is the size in bytes of the largest key file that is read. One of
// openssl has 119.
const maxPEMSize = 16 << 10

const generateHint = "openssl genpkey -algorithm ed25519 makes one"

// readPrivateKey reads an Ed25519 key in PKCS#8 PEM from a file, or from standard
// input, where it can come from a program that decrypts it.
func readPrivateKey(file string, stdin io.Reader) (ed25519.PrivateKey, error) {
	block, mode, err := readPEM(file, stdin)
	if err != nil {
		return nil, err
	}
	private, err := privateKey(block, mode)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", displayName(file), err)
	}
	return private, nil
}

// readPublicKey reads the public half, from a file of either half.
func readPublicKey(file string, stdin io.Reader) (ed25519.PublicKey, error) {
	block, mode, err := readPEM(file, stdin)
	if err != nil {
		return nil, err
	}
	if block.Type != "PUBLIC KEY" {
		private, err := privateKey(block, mode)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", displayName(file), err)
		}
		return private.Public().(ed25519.PublicKey), nil
	}
	key, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("%s: it is no public key: %w", displayName(file), err)
	}
	public, ok := key.(ed25519.PublicKey)
	if !ok {
		return nil, fmt.Errorf("%s: it holds a %T: a key of Ed25519 is needed", displayName(file), key)
	}
	return public, nil
}

func privateKey(block *pem.Block, mode fs.FileMode) (ed25519.PrivateKey, error) {
	switch {
	case block.Type == "ENCRYPTED PRIVATE KEY":
		return nil, errors.New("the key is encrypted: decrypt it on the way, openssl pkey -in FILE | kest … --key -")
	case block.Type != "PRIVATE KEY":
		return nil, fmt.Errorf("it holds a %.40q and no private key in PKCS#8: %s", block.Type, generateHint)
	// What others can read is not the key of one person. Pipes have an owner of
	// their own, and the modes of Windows say nothing.
	case runtime.GOOS != "windows" && mode.IsRegular() && mode.Perm()&0o077 != 0:
		return nil, fmt.Errorf("others may read this private key (mode %04o): chmod 600 it, and think of who has read it already", mode.Perm())
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, errors.New("the private key does not decode: " + generateHint)
	}
	private, ok := key.(ed25519.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("it holds a %T: a key of Ed25519 is needed, and %s", key, generateHint)
	}
	return private, nil
}

// readPEM reads the one PEM block of a file, and the mode that the file has.
func readPEM(file string, stdin io.Reader) (block *pem.Block, mode fs.FileMode, err error) {
	mode = fs.ModeNamedPipe
	if file != "-" {
		opened, err := os.Open(file)
		if err != nil {
			return nil, 0, err
		}
		defer opened.Close()
		info, err := opened.Stat()
		if err != nil {
			return nil, 0, err
		}
		stdin, mode = opened, info.Mode()
	}
	data, err := io.ReadAll(io.LimitReader(stdin, maxPEMSize+1))
	if err != nil {
		return nil, 0, err
	}
	block, rest := pem.Decode(data)
	switch {
	case len(data) > maxPEMSize:
		err = fmt.Errorf("it has more than %d bytes, so it is no key", maxPEMSize)
	case block == nil:
		err = errors.New("it is no PEM file: " + generateHint)
	case len(bytes.TrimSpace(rest)) > 0:
		err = errors.New("something stands behind the key: one key a file")
	}
	if err != nil {
		return nil, 0, fmt.Errorf("%s: %w", displayName(file), err)
	}
	return block, mode, nil
}
