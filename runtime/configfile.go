package kest

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"go.yaml.in/yaml/v4"
)

// maxConfigSize bounds kest.yaml and each deviation file, in bytes.
const maxConfigSize = 128 << 10

// LoadConfig reads a configuration file, YAML or JSON:
//
//	tiers:
//	  enterprise: [kest/residency]
//	  platform: []
//	  application: [kest/business_hours]
//	deviations:
//	  - scope: refund             # an operation, or "*"
//	    policy: kest/residency
//	    tier: enterprise          # enterprise, platform or application
//	    reason: "ticket 4711: migration until March"
//	    approver: ciso@example.com
//	deviation_files: [q3.yaml]    # files with more deviations, relative to this file
//	deviation_keys: [ciso.jwks]   # JWK Sets of who approves; then no deviations may stand in this file
//	origins: {partner_feed: 70}   # name to score, 0–100
//	classification_taints: {data: contains_data}
//	thresholds: {passport: 4096}  # bytes that a passport may have in a header, see package kestpropagation
//	keys: [keys.jwks]             # JWK Sets to believe, relative to this file
//	policies: policies            # directory that kestgen check reads, relative to this file
//
// With deviation_keys, deviations count only from files that an approver has
// signed (see DeviationFile), with a key that is valid now, and the owner of the
// key is their approver: one in this file, an unsigned file and a wrong signature
// are errors. Without them, so is a signature, since nothing would check it.
//
// Every member may be left out; an unknown or repeated one, and everything that
// New would refuse of it, is an error that matches ErrConfig. What comes back
// lacks an Engine and an Identity, which are set in code.
func LoadConfig(path string) (Config, error) {
	config, err := loadConfig(path)
	if err != nil {
		return Config{}, wrap(ErrConfig, "%s: %w", path, err)
	}
	return config, nil
}

func loadConfig(path string) (Config, error) {
	data, err := readFile(path, maxConfigSize)
	if err != nil {
		return Config{}, err
	}
	var document yaml.Node
	if err := yaml.Load(data, &document); err != nil {
		return Config{}, fmt.Errorf("it is not one YAML or JSON document: %w", err)
	}
	file := readConfigFile(&document)
	if len(file.problems) > 0 {
		return Config{}, errors.Join(file.problems...)
	}
	config, dir := file.config, filepath.Dir(path)
	if file.policies != "" {
		config.PolicyDir = below(dir, file.policies)
	}
	keys, keysErr := loadKeySets("keys", dir, file.keys)
	deviations, deviationsErr := file.loadDeviations(dir, keys)
	config.deviations = append(config.deviations, deviations...)
	if err := errors.Join(append(config.checkSettings(), keysErr, deviationsErr)...); err != nil {
		return Config{}, err
	}
	if len(keys) > 0 {
		sources := make(KeySources, len(keys))
		for i, set := range keys {
			sources[i] = set
		}
		config.Keys = sources
	}
	return config, nil
}

// loadKeySets reads the JWK Sets that a member names.
func loadKeySets(member, dir string, paths []string) (sets []*KeySet, err error) {
	for _, path := range paths {
		path = below(dir, path)
		data, err := readFile(path, maxKeySetSize)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", member, err)
		}
		set, err := parseKeySet(data)
		if err != nil {
			return nil, fmt.Errorf("%s: %s: %w", member, path, err)
		}
		sets = append(sets, set)
	}
	return sets, nil
}

// below is a path of the configuration file, which is relative to it.
func below(dir, path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(dir, path)
}

// readFile reads a file of at most limit bytes, and not more than that of a
// longer one.
func readFile(path string, limit int64) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, limit+1))
	if err == nil && int64(len(data)) > limit {
		err = fmt.Errorf("%s has more than %d bytes", path, limit)
	}
	return data, err
}
