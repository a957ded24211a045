#include "analyzer/report/plot.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "analyzer/load/text.h"

namespace beamtape {
namespace {

constexpr int kLeftMargin = 92, kRightMargin = 8, kTop = 16, kBottom = 22;
constexpr std::size_t kMostLines = 6;

struct Frame2d {
  double first, span;  // seconds
  double top;          // value at the upper edge
  int width, height;

  double x(double second) const {
    return kLeftMargin +
           (span > 0 ? (second - first) / span : 0.5) * (width - kLeftMargin - kRightMargin);
  }
  double y(double value) const {
    return height - kBottom - value / top * (height - kTop - kBottom);
  }
};

std::string tick_text(double value, Unit unit) {
  const auto whole = static_cast<std::int64_t>(std::llround(value));
  if (unit == Unit::kBytes) return size_text(whole);
  return value > 0 && value < 10 && value != std::floor(value) ? fmt::format("{:.1f}", value)
                                                               : grouped(whole);
}

// Indexes to draw: all, or of each pixel column the first, the least, the largest and the last.
std::vector<std::size_t> to_draw(const Frame2d& frame, const std::vector<double>& seconds,
                                 const std::vector<double>& values) {
  std::vector<std::size_t> chosen;
  const std::size_t count = values.size();
  for (std::size_t from = 0; from < count;) {
    std::size_t to = from + 1;
    const auto column = std::floor(frame.x(seconds[from]));
    while (to < count && std::floor(frame.x(seconds[to])) == column) ++to;
    if (to - from <= 4) {
      for (std::size_t i = from; i < to; ++i) chosen.push_back(i);
    } else {
      std::size_t least = from, most = from;
      bool hole = false;
      for (std::size_t i = from; i < to; ++i) {
        hole = hole || std::isnan(values[i]);
        if (!(values[i] >= values[least])) least = i;
        if (values[i] > values[most]) most = i;
      }
      std::vector<std::size_t> few{from, least, most, to - 1};
      std::sort(few.begin(), few.end());
      few.erase(std::unique(few.begin(), few.end()), few.end());
      chosen.insert(chosen.end(), few.begin(), few.end());
    }
    from = to;
  }
  return chosen;
}

std::string line_path(const Frame2d& frame, const std::vector<double>& seconds,
                      const std::vector<double>& values) {
  std::string path;
  bool pen = false;
  for (const std::size_t i : to_draw(frame, seconds, values)) {
    if (std::isnan(values[i])) {
      pen = false;
      continue;
    }
    path +=
        fmt::format("{}{:.1f} {:.1f}", pen ? "L" : "M", frame.x(seconds[i]), frame.y(values[i]));
    // A value alone between two holes is a short stroke.
    if (!pen) path += "h.1";
    pen = true;
  }
  return path;
}

// The area between two lines, in pieces between holes.
std::string area_path(const Frame2d& frame, const std::vector<double>& seconds,
                      const std::vector<double>& lower, const std::vector<double>& upper) {
  std::string path;
  std::vector<std::size_t> piece;
  const auto close = [&] {
    if (piece.size() > 1) {
      std::string outline;
      for (const std::size_t i : piece) {
        outline += fmt::format("{}{:.1f} {:.1f}", outline.empty() ? "M" : "L", frame.x(seconds[i]),
                               frame.y(upper[i]));
      }
      for (auto at = piece.rbegin(); at != piece.rend(); ++at) {
        outline += fmt::format("L{:.1f} {:.1f}", frame.x(seconds[*at]), frame.y(lower[*at]));
      }
      path += outline + "Z";
    }
    piece.clear();
  };
  for (const std::size_t i : to_draw(frame, seconds, upper)) {
    if (std::isnan(upper[i])) {
      close();
    } else {
      piece.push_back(i);
    }
  }
  close();
  return path;
}

std::vector<std::vector<double>> heights(const PlotSpec& spec) {
  std::vector<std::vector<double>> all;
  for (std::size_t l = 0; l < std::min(spec.lines.size(), kMostLines); ++l) {
    auto values = spec.lines[l].values;
    if (spec.stacked && l > 0) {
      for (std::size_t i = 0; i < values.size(); ++i) values[i] += all[l - 1][i];
    }
    all.push_back(std::move(values));
  }
  return all;
}

double highest(const std::vector<std::vector<double>>& lines) {
  double most = 0;
  for (const auto& line : lines) {
    for (const double value : line) most = std::isnan(value) ? most : std::max(most, value);
  }
  return most;
}

std::string axes(const PlotSpec& spec, const Frame2d& frame) {
  std::string svg;
  for (const double share : {0.0, 0.5, 1.0}) {
    const double y = frame.y(frame.top * share);
    svg += fmt::format(
        "<path class=\"axis\" d=\"M{} {:.1f}H{}\"/><text class=\"tick\" x=\"{}\" y=\"{:.1f}\" "
        "text-anchor=\"end\">{}</text>",
        kLeftMargin, y, spec.width - kRightMargin, kLeftMargin - 6, y + 4,
        markup_text(tick_text(frame.top * share, spec.unit)));
  }
  svg += fmt::format(
      "<text class=\"tick\" x=\"{}\" y=\"{}\">{}</text><text class=\"tick\" x=\"{}\" y=\"{}\" "
      "text-anchor=\"end\">{}</text>",
      kLeftMargin, spec.height - 6, markup_text(spec.from_text), spec.width - kRightMargin,
      spec.height - 6, markup_text(spec.to_text));
  return svg;
}

std::string marks(const PlotSpec& spec, const Frame2d& frame) {
  std::string svg;
  for (const PlotMark& mark : spec.marks) {
    const double from = frame.x(mark.from), to = frame.x(mark.to);
    svg += fmt::format(
        "<rect class=\"mark\" x=\"{:.1f}\" y=\"{}\" width=\"{:.1f}\" "
        "height=\"{}\"><title>{}</title></rect>",
        from, kTop, std::max(to - from, 1.5), spec.height - kTop - kBottom,
        markup_text(mark.label));
  }
  return svg;
}

}  // namespace

double axis_top(double value, Unit unit) {
  const double base = unit == Unit::kBytes ? 1024 : 1000;
  double scale = 1;
  while (value >= scale * base) scale *= base;
  for (const double step : {1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0}) {
    if (value <= step * scale) return step * scale;
  }
  return base * scale;
}

std::string svg_plot(const PlotSpec& spec) {
  const auto lines = heights(spec);
  const double first = spec.seconds.empty() ? 0 : spec.seconds.front();
  const double last = spec.seconds.empty() ? 0 : spec.seconds.back();
  const Frame2d frame{first, last - first, axis_top(highest(lines), spec.unit), spec.width,
                      spec.height};
  std::string svg = fmt::format("<svg viewBox=\"0 0 {} {}\" role=\"img\"><title>{}</title>",
                                spec.width, spec.height, markup_text(spec.description));
  svg += axes(spec, frame);
  const std::vector<double> ground(spec.seconds.size(), 0.0);
  for (std::size_t l = 0; l < lines.size(); ++l) {
    if (spec.stacked) {
      svg += fmt::format("<path class=\"area{}\" d=\"{}\"/>", l + 1,
                         area_path(frame, spec.seconds, l == 0 ? ground : lines[l - 1], lines[l]));
    } else {
      svg += fmt::format("<path class=\"line{}\" d=\"{}\"/>", l + 1,
                         line_path(frame, spec.seconds, lines[l]));
    }
  }
  return svg + marks(spec, frame) + "</svg>";
}

}  // namespace beamtape
