package reach_test

import (
	"net/netip"
	"testing"

	"github.com/mealplanner/mealplanner/pkg/domain/reach"
)

func TestReach(t *testing.T) {
	t.Parallel()
	const internet, network, everywhere = 1, 2, 4
	for address, want := range map[string]int{
		"93.184.215.14": internet | network | everywhere, "2606:2800:21f:cb07::1": internet | network | everywhere, "::ffff:93.184.215.14": internet | network | everywhere,
		"192.168.1.20": network | everywhere, "10.0.0.7": network | everywhere, "172.18.0.3": network | everywhere, "fd12:3456::1": network | everywhere,
		"100.101.102.103": network | everywhere, "::ffff:10.0.0.7": network | everywhere,
		"127.0.0.1": everywhere, "127.8.8.8": everywhere, "::1": everywhere, "::ffff:127.0.0.1": everywhere, "0.0.0.0": everywhere, "::": everywhere,
		"169.254.169.254": everywhere, "fe80::1%eth0": everywhere, "fd00:ec2::254": everywhere, "100.100.100.200": everywhere, "fd20:ce::254": everywhere,
		"224.0.0.1": everywhere, "255.255.255.255": everywhere, "64:ff9b::7f00:1": everywhere, "2002:7f00:1::": everywhere, "fd12::1%eth0": everywhere,
	} {
		a := netip.MustParseAddr(address)
		got := 0
		for r, bit := range map[reach.Reach]int{reach.Internet: internet, reach.Network: network, reach.Everywhere: everywhere} {
			if r.Allows(a) {
				got |= bit
			}
		}
		if got != want {
			t.Errorf("%s is within the reaches %b, want %b", address, got, want)
		}
	}
	if reach.Reach("").Allows(netip.MustParseAddr("10.0.0.1")) {
		t.Error("no reach at all reaches the network")
	}
}

func TestPublic(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]bool{
		"93.184.215.14": true, "2606:2800:21f:cb07:6820:80da:af6b:8b2c": true, "::ffff:93.184.215.14": true,
		"127.0.0.1": false, "127.9.9.9": false, "::1": false, "0.0.0.0": false, "::": false, "10.0.0.1": false, "172.16.5.4": false, "192.168.1.1": false, "169.254.169.254": false,
		"100.64.0.1": false, "192.0.0.8": false, "198.18.0.1": false, "224.0.0.1": false, "255.255.255.255": false, "240.0.0.1": false, "fc00::1": false, "fd12::1": false, "fe80::1": false,
		"ff02::1": false, "::ffff:127.0.0.1": false, "::ffff:10.0.0.1": false, "64:ff9b::7f00:1": false, "2002:7f00:1::": false, "2001:db8::1": false, "fe80::1%eth0": false,
	} {
		if got := reach.Public(netip.MustParseAddr(address)); got != want {
			t.Errorf("%s: public %t, want %t", address, got, want)
		}
	}
}
