"use strict";
(() => {
  const figures = JSON.parse(document.getElementById("figures").textContent);
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const coarse = window.matchMedia("(pointer: coarse)");
  const config = { displayModeBar: false, displaylogo: false, responsive: true };

  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

  // Colours are names of the style sheet's variables; the picture gets their present values.
  const resolved = (value) => {
    if (typeof value === "string") {
      const name = /^var\((--[a-z0-9-]+)\)$/.exec(value);
      return name ? colour(name[1]) : value;
    }
    if (Array.isArray(value)) return value.map(resolved);
    if (value !== null && typeof value === "object") {
      return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, resolved(part)]));
    }
    return value;
  };

  const themed = (layout) => {
    const axis = { gridcolor: colour("--line"), linecolor: colour("--edge"), tickcolor: colour("--edge") };
    const family = getComputedStyle(document.body).fontFamily;
    return {
      ...layout,
      xaxis: { ...axis, ...layout.xaxis },
      yaxis: { ...axis, ...layout.yaxis },
      paper_bgcolor: "rgba(0,0,0,0)",
      plot_bgcolor: "rgba(0,0,0,0)",
      font: { family, size: 12, color: colour("--text") },
      hoverlabel: {
        align: "left",
        bgcolor: colour("--raised"),
        bordercolor: colour("--edge"),
        font: { family, size: 12, color: colour("--text") },
      },
      uirevision: "kept",
      dragmode: coarse.matches ? false : "zoom",
    };
  };

  const draw = () => {
    for (const [name, figure] of Object.entries(figures)) {
      Plotly.react(document.getElementById(name), resolved(figure.data), resolved(themed(figure.layout)), config);
    }
  };

  draw();
  dark.addEventListener("change", draw);
})();
