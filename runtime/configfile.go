package kest

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"go.yaml.in/yaml/v4"
)

// maxConfigSize bounds kest.yaml, in bytes.
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
//	origins: {partner_feed: 70}   # name to score, 0–100
//	classification_taints: {data: contains_data}
//	keys: [keys.jwks]             # JWK Sets to believe, relative to this file
//	policies: policies            # directory that kestgen check reads, relative to this file
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
	config := file.config
	if file.policies != "" {
		config.PolicyDir = below(filepath.Dir(path), file.policies)
	}
	problems := config.checkSettings()
	keys, err := loadKeys(filepath.Dir(path), file.keys)
	if err != nil {
		problems = append(problems, err)
	}
	if len(problems) > 0 {
		return Config{}, errors.Join(problems...)
	}
	if len(keys) > 0 {
		config.Keys = keys
	}
	return config, nil
}

func loadKeys(dir string, paths []string) (KeySources, error) {
	var sources KeySources
	for _, path := range paths {
		path = below(dir, path)
		data, err := readFile(path, maxKeySetSize)
		if err != nil {
			return nil, fmt.Errorf("keys: %w", err)
		}
		set, err := parseKeySet(data)
		if err != nil {
			return nil, fmt.Errorf("keys: %s: %w", path, err)
		}
		sources = append(sources, set)
	}
	return sources, nil
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
