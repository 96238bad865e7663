-- A Pact plugin for the tests: bills of lines `name=value`, in any order.
--
-- The interaction's configuration may name a field whose value does not matter (`any`), and the pact's a currency
-- that every `total` must end with (`currency`). It also owns signed bills in JSON, which must have a signature.

local TYPES = "application/x-bill-lines;application/signed-bill\\+json"

function init(implementation, version)
  if os.getenv("PACT_DO_NOT_TRACK") ~= "true" then
    error("somebody would be told that this plugin is used")
  end
  return {
    { entryType = "CONTENT_MATCHER", key = "bill-lines", values = { ["content-types"] = TYPES } },
    { entryType = "CONTENT_GENERATOR", key = "bill-lines", values = { ["content-types"] = TYPES } },
  }
end

local function fields(body)
  local all = {}
  for name, value in string.gmatch((body and body.contents) or "", "([%w_]+)=([^\n]*)") do
    all[name] = value
  end
  return all
end

function match_contents(request)
  if string.find(request.expected.content_type, "json", 1, true) then
    if string.find(request.actual.contents, '"signature"', 1, true) then
      return { mismatches = {} }
    end
    return { mismatches = { ["$"] = { mismatch = "the bill is not signed" } } }
  end
  local expected, actual = fields(request.expected), fields(request.actual)
  local configuration = request.plugin_configuration or {}
  local any = (configuration.interaction_configuration or {}).any
  local currency = (configuration.pact_configuration or {}).currency
  local mismatches = {}
  for name, value in pairs(expected) do
    local path = "$." .. name
    if actual[name] == nil then
      mismatches[path] = { path = path, expected = value, actual = "", mismatch = "the bill has no " .. name }
    elseif name ~= any and actual[name] ~= value then
      mismatches[path] = { path = path, expected = value, actual = actual[name], mismatch = name .. " is another" }
    end
  end
  if currency and actual.total and string.sub(actual.total, -#currency) ~= currency then
    mismatches["$.total"] =
      { path = "$.total", expected = currency, actual = actual.total, mismatch = "total is not in " .. currency }
  end
  return { mismatches = mismatches }
end

function generate_content(contents, generators, test_mode)
  if generators["$.id"] then
    contents.contents = string.gsub(contents.contents, "id=[^\n]*", "id=generated")
  end
  return contents
end

function configure_interaction(content_type, config)
  error("this plugin is for providers only")
end
