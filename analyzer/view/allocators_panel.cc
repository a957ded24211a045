// How full the memory allocators' carriers are at the shown instant: recon_alloc's views.

#include <fmt/format.h>
#include <imgui.h>

#include <algorithm>
#include <cmath>

#include "analyzer/load/text.h"
#include "analyzer/view/all_panels.h"
#include "analyzer/view/table_panel.h"
#include "analyzer/view/widgets.h"

namespace beamtape {

namespace {

constexpr ImGuiTableFlags kAllocatorTable = ImGuiTableFlags_Resizable | ImGuiTableFlags_RowBg |
                                            ImGuiTableFlags_ScrollX | ImGuiTableFlags_ScrollY |
                                            ImGuiTableFlags_SizingFixedFit;

std::string percent(double share) { return fmt::format("{:.1f} %", 100 * share); }

std::string whole_size(double bytes) {
  return bytes > 0 ? size_text(std::llround(bytes)) : std::string("-");
}

void cell(int column, const std::string& text, bool number = true) {
  ImGui::TableSetColumnIndex(column);
  const auto colour = text == "-" ? theme().quiet : theme().text;
  if (number) {
    right_text(text, colour);
  } else {
    mono_text(text, colour);
  }
}

// How much of the carriers holds data: the filled part of the bar.
void draw_use(int column, double share, std::int64_t carriers) {
  ImGui::TableSetColumnIndex(column);
  if (carriers == 0) {
    right_text("-", theme().quiet);
    return;
  }
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const float height = ImGui::GetTextLineHeight(), wide = scaled(76);
  ImDrawList& list = *ImGui::GetWindowDrawList();
  const float low = at.y + scaled(3), high = at.y + height - scaled(3);
  list.AddRectFilled({at.x, low}, {at.x + wide, high}, theme().line);
  list.AddRectFilled({at.x, low},
                     {at.x + wide * static_cast<float>(std::clamp(share, 0.0, 1.0)), high},
                     share < 0.5 ? theme().warning : theme().accent);
  ImGui::Dummy({wide, height});
  ImGui::SameLine();
  right_text(percent(share), theme().text);
}

void draw_fragmentation(const AllocatorViews& views) {
  if (!ImGui::BeginTable("fragmentation", 6, kAllocatorTable)) return;
  ImGui::TableSetupScrollFreeze(1, 1);
  for (const float width : {150.0F, 118.0F, 150.0F, 76.0F, 150.0F, 76.0F}) {
    ImGui::TableSetupColumn("", ImGuiTableColumnFlags_WidthFixed, scaled(width));
  }
  ImGui::TableNextRow(ImGuiTableRowFlags_Headers);
  table_head(0, "allocator/instance", "The instance is the scheduler it serves; 0: other threads",
             false);
  table_head(1, "held without data", "Bytes of carriers that no block uses, the most first", true);
  table_head(2, "mbcs used", "Of the carriers of many blocks, the share that holds data", true);
  table_head(3, "of", "Bytes of the carriers of many blocks", true);
  table_head(4, "sbcs used", "Of the carriers of one block each, the share that holds data", true);
  table_head(5, "of", "Bytes of the carriers of one block each", true);
  for (const Fragmentation& one : views.fragmentation) {
    const CarrierNumbers &mbcs = one.numbers.mbcs, &sbcs = one.numbers.sbcs;
    if (mbcs.carriers_size == 0 && sbcs.carriers_size == 0) continue;
    ImGui::TableNextRow();
    cell(0, fmt::format("{}/{}", printable(one.numbers.allocator), one.numbers.instance), false);
    cell(1, whole_size(one.held_bytes));
    draw_use(2, one.mbcs_usage, mbcs.carriers_size);
    cell(3, whole_size(static_cast<double>(mbcs.carriers_size)));
    draw_use(4, one.sbcs_usage, sbcs.carriers_size);
    cell(5, whole_size(static_cast<double>(sbcs.carriers_size)));
  }
  ImGui::EndTable();
}

void draw_blocks(const AllocatorViews& views) {
  if (!ImGui::BeginTable("blocks", 3, kAllocatorTable)) return;
  ImGui::TableSetupScrollFreeze(0, 1);
  for (const float width : {170.0F, 170.0F, 170.0F}) {
    ImGui::TableSetupColumn("", ImGuiTableColumnFlags_WidthFixed, scaled(width));
  }
  ImGui::TableNextRow(ImGuiTableRowFlags_Headers);
  table_head(0, "allocator", "All of its instances", false);
  table_head(1, "average block in mbcs", "Bytes of a block in carriers of many blocks", true);
  table_head(2, "in sbcs", "Bytes of a block that has a carrier of its own", true);
  for (const AverageBlockSize& one : views.average_block_sizes) {
    ImGui::TableNextRow();
    cell(0, printable(one.allocator), false);
    cell(1, whole_size(one.mbcs));
    cell(2, whole_size(one.sbcs));
  }
  ImGui::EndTable();
}

void draw_ratios(const AllocatorViews& views) {
  if (!ImGui::BeginTable("ratios", 2, kAllocatorTable)) return;
  ImGui::TableSetupScrollFreeze(0, 1);
  ImGui::TableSetupColumn("", ImGuiTableColumnFlags_WidthFixed, scaled(170));
  ImGui::TableSetupColumn("", ImGuiTableColumnFlags_WidthFixed, scaled(200));
  ImGui::TableNextRow(ImGuiTableRowFlags_Headers);
  table_head(0, "allocator/instance", "The instance is the scheduler it serves", false);
  table_head(1, "sbcs blocks per mbcs block",
             "Large blocks beside small ones: many large ones may ask for a larger sbct", true);
  for (const BlockRatio& one : views.sbcs_to_mbcs) {
    ImGui::TableNextRow();
    cell(0, fmt::format("{}/{}", printable(one.allocator), one.instance), false);
    cell(1, one.ratio == 0          ? "-"
            : std::isinf(one.ratio) ? "no other"
                                    : fmt::format("{:.4f}", one.ratio));
  }
  ImGui::EndTable();
}

void draw_cache(const AllocText& text) {
  if (text.cache.empty()) {
    empty_state("No cache", "mseg_alloc's numbers were not read in this snapshot.");
    return;
  }
  if (!ImGui::BeginTable("cache", 4, kAllocatorTable)) return;
  ImGui::TableSetupScrollFreeze(0, 1);
  for (const float width : {170.0F, 120.0F, 120.0F, 120.0F}) {
    ImGui::TableSetupColumn("", ImGuiTableColumnFlags_WidthFixed, scaled(width));
  }
  ImGui::TableNextRow(ImGuiTableRowFlags_Headers);
  table_head(0, "instance", "mseg_alloc keeps freed segments for the next that asks", false);
  table_head(1, "hit rate", "Calls that the cache served", true);
  table_head(2, "hits", "", true);
  table_head(3, "calls", "", true);
  for (const CacheHitRate& one : text.cache) {
    ImGui::TableNextRow();
    cell(0, fmt::format("mseg_alloc/{}", one.instance), false);
    cell(1, percent(one.rate));
    cell(2, grouped(one.hits));
    cell(3, grouped(one.calls));
  }
  ImGui::EndTable();
}

void draw_usage(const AllocText& text, const AllocatorViews& views, bool ever) {
  const Usage& usage = views.usage;
  if (ever) {
    // The two maxima are of different times: their difference would mean nothing.
    quiet_text(
        fmt::format("since the node started, each at its own time: at most {} used by data, "
                    "at most {} allocated",
                    size_text(usage.used), size_text(usage.allocated)));
  } else {
    title_text(fmt::format("{} of {} allocated holds data, {}", size_text(usage.used),
                           size_text(usage.allocated), percent(usage.ratio)));
    ImGui::SameLine();
    quiet_text(fmt::format("{} held without  ·  at #{}", size_text(usage.unused()), text.snapshot));
  }
  if (!views.left_out.empty()) {
    wrapped_text(
        "not counted, because they were not read: " + printable(joined(views.left_out, ", ")),
        theme().warning);
  }
}

void draw_views(const AllocText& text) {
  if (!text.error.empty()) {
    wrapped_text(printable(text.error), theme().warning);
    return;
  }
  damage_lines(text.damage);
  if (text.current.fragmentation.empty()) {
    empty_state(text.damage.empty() ? "Nothing to show" : "Not known",
                text.damage.empty() ? "No allocator was read in this snapshot."
                                    : "The allocators' numbers of this snapshot are damaged.");
    return;
  }
  static bool ever = false;
  const AllocatorViews& views = ever ? text.max : text.current;
  draw_usage(text, views, ever);
  ImGui::Checkbox("the most ever instead of now", &ever);
  if (!ImGui::BeginTabBar("views")) return;
  const auto tab = [](const char* title, auto draw_it) {
    if (!ImGui::BeginTabItem(title)) return;
    draw_it();
    ImGui::EndTabItem();
  };
  tab("How full", [&] { draw_fragmentation(views); });
  tab("Block sizes", [&] { draw_blocks(views); });
  tab("Large blocks", [&] { draw_ratios(views); });
  tab("Cache hits", [&] { draw_cache(text); });
  ImGui::EndTabBar();
}

void draw_allocators(Session& session) {
  if (!ImGui::BeginTabBar("allocators")) return;
  if (ImGui::BeginTabItem("Use")) {
    const auto text = session.allocators();
    if (text) {
      draw_views(*text);
    } else if (session.instant()) {
      quiet_text("reading …");
    } else {
      empty_state("Nothing to show", session.overview().error);
    }
    ImGui::EndTabItem();
  }
  if (ImGui::BeginTabItem("Every number")) {
    draw_table_panel(session, "allocators");
    ImGui::EndTabItem();
  }
  ImGui::EndTabBar();
}

}  // namespace

const Panel kAllocatorsPanel{"allocators", "Allocators",
                             "How full the memory allocators' carriers are", draw_allocators};

}  // namespace beamtape
