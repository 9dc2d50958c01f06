// Package reach tells the addresses that may be asked for somebody from those that may not:
// this service stands where people whom it serves do not.
package reach

import (
	"net/netip"
	"slices"
)

// Reach is where the libraries may lie that people connect by invitations: this server asks the
// addresses they type, from where it stands.
type Reach string

// The reaches.
const (
	Internet   Reach = "internet" // addresses of the internet alone
	Network    Reach = "network"  // and of private networks, as the one at home
	Everywhere Reach = "all"      // and this machine's own, and whatever else it reaches
)

var (
	// shared are networks of carriers, and of VPNs like Tailscale.
	shared = netip.MustParsePrefix("100.64.0.0/10")
	// metadata are addresses in private networks at which clouds tell a machine its secrets; the
	// others are link-local.
	metadata = []netip.Addr{netip.MustParseAddr("100.100.100.200"), netip.MustParseAddr("fd00:ec2::254"), netip.MustParseAddr("fd20:ce::254")}
)

// Allows reports whether an address is within reach.
func (r Reach) Allows(a netip.Addr) bool {
	a = a.Unmap()
	switch r {
	case Everywhere:
		return true
	case Network:
		return Public(a) || (a.IsPrivate() || shared.Contains(a)) && a.Zone() == "" && !slices.Contains(metadata, a)
	default:
		return Public(a)
	}
}

// Without says what is out of reach.
func (r Reach) Without() string {
	if r == Network {
		return "this server itself"
	}
	return "this server itself and its network"
}

// inside are networks that nothing outside has, besides those that netip knows.
var inside = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"), netip.MustParsePrefix("100.64.0.0/10"), netip.MustParsePrefix("192.0.0.0/24"), netip.MustParsePrefix("192.0.2.0/24"),
	netip.MustParsePrefix("198.18.0.0/15"), netip.MustParsePrefix("198.51.100.0/24"), netip.MustParsePrefix("203.0.113.0/24"), netip.MustParsePrefix("240.0.0.0/4"),
	netip.MustParsePrefix("64:ff9b::/96"), netip.MustParsePrefix("64:ff9b:1::/48"), netip.MustParsePrefix("100::/64"), netip.MustParsePrefix("2001::/23"),
	netip.MustParsePrefix("2001:db8::/32"), netip.MustParsePrefix("2002::/16"), netip.MustParsePrefix("fec0::/10"),
}

// Public reports whether an address is one of the internet: not this machine's, not one of a
// network like this installation's, and none that stands for another one.
func Public(a netip.Addr) bool {
	a = a.Unmap()
	if !a.IsValid() || !a.IsGlobalUnicast() || a.IsPrivate() || a.IsLoopback() || a.IsLinkLocalUnicast() || a.Zone() != "" {
		return false
	}
	return !slices.ContainsFunc(inside, func(p netip.Prefix) bool { return p.Contains(a) })
}
