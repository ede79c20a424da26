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
const maxConfigSize = 1 << 20

// configFile is the form of kest.yaml. A member that is not here is an error.
type configFile struct {
	Tiers struct {
		Enterprise  []string `yaml:"enterprise"`
		Platform    []string `yaml:"platform"`
		Application []string `yaml:"application"`
	} `yaml:"tiers"`
	Deviations []struct {
		Scope    string `yaml:"scope"`
		Policy   string `yaml:"policy"`
		Tier     string `yaml:"tier"`
		Reason   string `yaml:"reason"`
		Approver string `yaml:"approver"`
	} `yaml:"deviations"`
	Origins              map[string]int    `yaml:"origins"`
	ClassificationTaints map[string]string `yaml:"classification_taints"`
	Keys                 []string          `yaml:"keys"`
}

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
	var file configFile
	if err := yaml.Load(data, &file, yaml.WithKnownFields()); err != nil {
		return Config{}, err
	}
	config := file.config()
	problems := config.checkSettings()
	keys, err := loadKeys(filepath.Dir(path), file.Keys)
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

func (f *configFile) config() Config {
	config := Config{
		Tiers: Tiers{
			Enterprise:  f.Tiers.Enterprise,
			Platform:    f.Tiers.Platform,
			Application: f.Tiers.Application,
		},
		Origins:              f.Origins,
		ClassificationTaints: f.ClassificationTaints,
	}
	for _, d := range f.Deviations {
		config.deviations = append(config.deviations, scopedDeviation{
			Deviation: Deviation{Policy: d.Policy, Tier: Tier(d.Tier), Reason: d.Reason, Approver: d.Approver},
			scope:     d.Scope,
		})
	}
	return config
}

func loadKeys(dir string, paths []string) (KeySources, error) {
	var sources KeySources
	for _, path := range paths {
		if !filepath.IsAbs(path) {
			path = filepath.Join(dir, path)
		}
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
