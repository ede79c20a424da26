package launch

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
)

// freeAddress is a loopback address that nobody listens on now. Its port is below
// those that systems give to outgoing connections, so that it is still free when a
// program that was killed comes back.
func freeAddress(taken map[string]bool) (string, error) {
	const lowest, highest, tries = 20000, 32000, 1000
	for range tries {
		address := fmt.Sprintf("127.0.0.1:%d", lowest+rand.IntN(highest-lowest))
		if taken[address] {
			continue
		}
		listener, err := net.Listen("tcp", address)
		if err != nil {
			continue
		}
		if err := listener.Close(); err != nil {
			return "", err
		}
		taken[address] = true
		return address, nil
	}
	return "", errors.New("no port of the loopback interface is free")
}
