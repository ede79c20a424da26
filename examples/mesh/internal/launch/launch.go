// Package launch runs the mesh as local processes: Redis, OPA, the provider of
// tokens, and the three services, each with a key of its own. All listen on the
// loopback interface only, and all end with the mesh.
package launch

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"slices"

	"github.com/kestgo/kest/examples/mesh/internal/service"
	"github.com/kestgo/kest/internal/testidp"
	kest "github.com/kestgo/kest/runtime"
)

// Config says what to run. All but Race is required.
type Config struct {
	Files fs.FS  // kest.yaml and the folder policies
	Redis string // path of the program redis-server
	OPA   string // path of the program opa
	Race  bool   // build our programs with the race detector
}

// Mesh is a mesh that runs. Its methods are safe for concurrent use, apart from
// Kill, Revive and Stop, which one goroutine calls.
type Mesh struct {
	Gateway, Ledger, Notifier string // URLs, without a slash at the end
	NotifierGRPC              string // host:port
	Redis                     string // host:port
	Issuer                    string // URL

	addresses addresses
	dir       string
	processes []*process // in the order in which they are started
	registry  registry
	config    kest.Config // of kest.yaml
}

// Start builds and starts everything, and waits until all of it answers. The
// caller stops it. If there is an error, nothing is left.
func Start(ctx context.Context, config Config) (_ *Mesh, err error) {
	a, err := newAddresses()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "kest-mesh-")
	if err != nil {
		return nil, err
	}
	m := &Mesh{
		Gateway:      "http://" + a.gateway,
		Ledger:       "http://" + a.ledger,
		Notifier:     "http://" + a.notifier,
		NotifierGRPC: a.notifierGRPC,
		Redis:        a.redis,
		Issuer:       "http://" + a.idp,
		addresses:    a,
		dir:          dir,
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, m.Stop())
		}
	}()
	if err := os.CopyFS(dir, config.Files); err != nil {
		return nil, err
	}
	if m.config, err = kest.LoadConfig(filepath.Join(dir, "kest.yaml")); err != nil {
		return nil, err
	}
	if err := m.writeSettings(); err != nil {
		return nil, err
	}
	if err := build(ctx, dir, config.Race); err != nil {
		return nil, err
	}
	m.addProcesses(config)
	return m, m.startAll(ctx)
}

func (m *Mesh) addProcesses(config Config) {
	add := func(name, program string, ready func(context.Context) error, arguments ...string) {
		m.processes = append(m.processes, &process{name: name, program: program, arguments: arguments, dir: m.dir, ready: ready})
	}
	answers := func(url string) func(context.Context) error {
		return func(ctx context.Context) error {
			_, err := get(ctx, url)
			return err
		}
	}
	own := func(name, url string) {
		add(name, filepath.Join(m.dir, name), answers(url), "-settings", m.settingsPath(name))
	}
	_, redisPort, _ := net.SplitHostPort(m.Redis) // of newAddresses
	listens := func(ctx context.Context) error {
		conn, err := new(net.Dialer).DialContext(ctx, "tcp", m.Redis)
		if err == nil {
			err = conn.Close()
		}
		return err
	}
	add(nameRedis, config.Redis, listens, "--bind", "127.0.0.1", "--port", redisPort, "--save", "", "--appendonly", "no")
	add(nameOPA, config.OPA, answers("http://"+m.addresses.opa+"/health"),
		"run", "--server", "--addr", m.addresses.opa, "--log-level", "error", "--skip-version-check",
		"--bundle", filepath.Join(m.dir, "policies"))
	own(nameIDP, m.Issuer+testidp.DiscoveryPath)
	own(nameGateway, m.Gateway+service.HealthPath)
	own(nameLedger, m.Ledger+service.HealthPath)
	own(nameNotifier, m.Notifier+service.HealthPath)
}

// startAll starts the servers, and when those answer, the services.
func (m *Mesh) startAll(ctx context.Context) error {
	isService := func(p *process) bool { return slices.Contains(services, p.name) }
	for _, turn := range []bool{false, true} {
		for _, p := range m.processes {
			if isService(p) != turn {
				continue
			}
			if err := p.start(); err != nil {
				return err
			}
		}
		for _, p := range m.processes {
			if isService(p) != turn {
				continue
			}
			if err := m.await(ctx, p); err != nil {
				return err
			}
		}
	}
	return nil
}

// await waits until a process answers, and learns the key of a service.
func (m *Mesh) await(ctx context.Context, p *process) error {
	workload, ok := workloads[p.name]
	if !ok {
		return p.await(ctx)
	}
	return m.registry.learn(ctx, workload, m.url(p.name), func() error { return p.await(ctx) })
}

// url is that of a service's HTTP server.
func (m *Mesh) url(service string) string {
	return map[string]string{nameGateway: m.Gateway, nameLedger: m.Ledger, nameNotifier: m.Notifier}[service]
}

// Victims are the names that Kill takes: the services, and then two of the servers
// that they use.
func Victims() []string { return append(slices.Clone(services), nameRedis, nameOPA) }

// Kill ends a process as a crash does.
func (m *Mesh) Kill(name string) error {
	p, err := m.process(name)
	if err == nil {
		p.kill()
	}
	return err
}

// Revive starts a process again that was killed, and waits until it answers.
func (m *Mesh) Revive(ctx context.Context, name string) error {
	p, err := m.process(name)
	if err != nil {
		return err
	}
	start := func() error {
		if err := p.start(); err != nil {
			return err
		}
		return p.await(ctx)
	}
	if workload, ok := workloads[name]; ok {
		return m.registry.learn(ctx, workload, m.url(name), start)
	}
	return start()
}

func (m *Mesh) process(name string) (*process, error) {
	for _, p := range m.processes {
		if p.name == name {
			return p, nil
		}
	}
	return nil, fmt.Errorf("there is no process %s", name)
}

// Stop ends all processes and removes their files.
func (m *Mesh) Stop() error {
	for _, p := range slices.Backward(m.processes) {
		p.stop()
	}
	return os.RemoveAll(m.dir)
}

// Addresses are the host:port of all that listens.
func (m *Mesh) Addresses() []string {
	a := &m.addresses
	return []string{a.redis, a.opa, a.idp, a.gateway, a.ledger, a.notifier, a.notifierGRPC}
}

// Log is what a process has written so far.
func (m *Mesh) Log(name string) (string, error) {
	text, err := os.ReadFile(filepath.Join(m.dir, filepath.Base(name)+".log"))
	return string(text), err
}

// CertificateFiles are the certificate of a service, its key, and the authority
// that signed it.
func (m *Mesh) CertificateFiles(name string) (certificate, key, authority string) {
	path := func(file string) string { return filepath.Join(m.dir, file) }
	return path(name + ".pem"), path(name + ".key"), path("authority.pem")
}

// Token asks the provider for the token of a user.
func (m *Mesh) Token(ctx context.Context, user string) (string, error) {
	return m.provider().Password(ctx, user, secret, Scope)
}

// TokenFor exchanges a token for one that another audience takes.
func (m *Mesh) TokenFor(ctx context.Context, token, audience string) (string, error) {
	return m.provider().Exchange(ctx, token, "", audience, Scope)
}

func (m *Mesh) provider() testidp.Client {
	return testidp.Client{Issuer: m.Issuer, ID: Client, Secret: secret}
}

// Verifier checks passports of the mesh, as an auditor does who knows the keys that
// the services have had.
func (m *Mesh) Verifier() *kest.Verifier {
	return &kest.Verifier{Keys: &m.registry, Origins: m.config.Origins, SingleRoot: true, SameTrace: true}
}
