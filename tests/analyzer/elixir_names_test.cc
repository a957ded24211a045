#include "analyzer/load/elixir_names.h"

#include <gtest/gtest.h>

namespace beamtape {
namespace {

TEST(ElixirNames, AtomsLoseThePrefixOfModules) {
  EXPECT_EQ(written_atom("Elixir.MyApp.Worker"), "MyApp.Worker");
  EXPECT_EQ(written_atom("Elixir"), "Elixir");
  EXPECT_EQ(written_atom("Elixir.lower"), "Elixir.lower");
  EXPECT_EQ(written_atom("Elixir.A."), "Elixir.A.");
  EXPECT_EQ(written_atom("gen_server"), "gen_server");
}

TEST(ElixirNames, FunctionsAreWrittenWithADot) {
  EXPECT_EQ(written_term("'Elixir.Shop.Cart':init/1"), "Shop.Cart.init/1");
  EXPECT_EQ(written_term("'Elixir.Repo':'insert!'/2"), "Repo.insert!/2");
  EXPECT_EQ(written_term("'Elixir.Repo':'odd name'/2"), "Repo.\"odd name\"/2");
  EXPECT_EQ(written_term("gen_server:init_it/6"), "gen_server:init_it/6");
  EXPECT_EQ(written_term("supervisor:'Elixir.Shop'/1"), "supervisor:Shop/1");
}

TEST(ElixirNames, AnonymousFunctionsNameTheOneTheyStandIn) {
  EXPECT_EQ(written_term("'Elixir.Shop.Cart':'-init/1-fun-0-'/2"),
            "anonymous fn/2 in Shop.Cart.init/1");
  EXPECT_EQ(written_term("shop:'-init/1-fun-0-'/2"), "shop:'-init/1-fun-0-'/2");
}

TEST(ElixirNames, ModulesInsideTermsAreFound) {
  EXPECT_EQ(written_term("{'Elixir.Shop.Cart',7,['Elixir.A','b c']}"), "{Shop.Cart,7,[A,'b c']}");
  EXPECT_EQ(written_term("'Elixir.Shop.Cart'"), "Shop.Cart");
  EXPECT_EQ(written_term("Elixir.Shop.Cart"), "Shop.Cart");
}

TEST(ElixirNames, TextsAndCharactersStayAsTheyAre) {
  EXPECT_EQ(written_term("{\"'Elixir.A'\",'Elixir.B'}"), "{\"'Elixir.A'\",B}");
  EXPECT_EQ(written_term("{$','Elixir.B'}"), "{$',B}");
  EXPECT_EQ(written_term("{\"\\\"'Elixir.A'\",'Elixir.B'}"), "{\"\\\"'Elixir.A'\",B}");
}

TEST(ElixirNames, TheModuleOfAFunction) {
  EXPECT_EQ(module_of("shop:pay/2"), "shop");
  EXPECT_EQ(module_of("Shop.Cart.pay/2"), "Shop.Cart");
  EXPECT_EQ(module_of("Shop.pay!/2"), "Shop");
  EXPECT_EQ(module_of("anonymous fn/2 in Shop.Cart.init/1"), "Shop.Cart");
  EXPECT_EQ(module_of("undefined"), "undefined");
}

TEST(ElixirNames, CutOffTermsEndWithoutHarm) {
  for (const char* cut : {"'Elixir.A", "'Elixir.A':", "'Elixir.A':'", "'Elixir.A':'-init/1-fun-0-",
                          "'Elixir.A':'-init/1-fun-0-'/", "'Elixir.A'$", "\"'Elixir.",
                          "'Elixir.A\\", "'Elixir.A':'\\"}) {
    EXPECT_FALSE(written_term(cut).empty()) << cut;
  }
}

}  // namespace
}  // namespace beamtape
