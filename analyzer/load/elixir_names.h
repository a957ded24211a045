#pragma once

#include <string>
#include <string_view>

namespace beamtape {

// Names as the person who wrote the program writes them. Erlang's names stay as they are;
// Elixir's modules lose the prefix that only the virtual machine sees.

// An atom's own characters: "Elixir.MyApp.Worker" -> "MyApp.Worker".
std::string written_atom(std::string_view atom);

// A term in Erlang syntax: "{'Elixir.Shop.Cart',7}" -> "{Shop.Cart,7}",
// "'Elixir.Shop.Cart':init/1" -> "Shop.Cart.init/1",
// "'Elixir.Shop.Cart':'-init/1-fun-0-'/2" -> "anonymous fn/2 in Shop.Cart.init/1".
// Texts in double quotes and everything that is not understood stay as they are. A whole text
// that is a bare atom is taken as written_atom does: so a name that a person typed, too.
std::string written_term(std::string_view term);

// The module of a function as people read it: "shop" of "shop:pay/2", "Shop.Cart" of
// "Shop.Cart.pay/2".
std::string module_of(const std::string& function);

}  // namespace beamtape
