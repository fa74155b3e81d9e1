using System.ComponentModel;
using System.Globalization;
using System.Reflection;
using System.Text.RegularExpressions;

namespace OtelOrleans.Silo.Hosting;

/// <summary>
/// Fills an options object from its configuration section. Unlike the framework's binder it goes on after a value that does not fit and notes every problem,
/// knows names that are no options, and reads durations as <c>hh:mm:ss</c>, with units as in <c>1h30m</c>, or as milliseconds.
/// </summary>
internal static partial class OptionsReader
{
    public static T Read<T>(IConfiguration configuration, string section, List<string> problems) where T : new()
    {
        var options = new T();
        var properties = typeof(T).GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(p => p.CanWrite).ToDictionary(p => p.Name, StringComparer.OrdinalIgnoreCase);
        foreach (var entry in configuration.GetSection(section).GetChildren())
        {
            var name = OptionVariables.Describe($"{section}:{entry.Key}");
            if (!properties.TryGetValue(entry.Key, out var property))
            {
                problems.Add($"{name} is not an option; options of {section} are {string.Join(", ", properties.Keys.Order())}");
            }
            else if (property.GetValue(options) is Dictionary<string, string> map)
            {
                foreach (var item in entry.AsEnumerable(makePathsRelative: true).Where(i => i.Value is not null))
                {
                    // librdkafka's names have dots where configuration keys have colons.
                    map[item.Key.Replace(':', '.')] = item.Value!;
                }
            }
            else if (TryConvert(entry.Value ?? "", property.PropertyType, out var value, out var expected))
            {
                property.SetValue(options, value);
            }
            else
            {
                problems.Add($"{name} is '{entry.Value}': give {expected}");
            }
        }

        return options;
    }

    private static bool TryConvert(string text, Type type, out object? value, out string expected)
    {
        var given = Nullable.GetUnderlyingType(type);
        type = given ?? type;
        expected = type switch
        {
            _ when type == typeof(TimeSpan) => "a duration such as 00:01:30, 90s, 720h or 30d, or a whole number of milliseconds",
            _ when type == typeof(bool) => "true or false",
            { IsEnum: true } => $"one of {string.Join(", ", Enum.GetNames(type))}",
            _ => "a whole number",
        };
        if (given is not null && text.Length == 0)
        {
            value = null;
            return true;
        }

        if (type == typeof(string))
        {
            value = text;
            return true;
        }

        if (type == typeof(TimeSpan))
        {
            var isNumber = long.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out var milliseconds);
            var isSpan = TryParseUnits(text, out var span) || TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out span);
            value = isNumber ? TimeSpan.FromTicks(checked(Math.Clamp(milliseconds, -int.MaxValue, int.MaxValue) * TimeSpan.TicksPerMillisecond)) : span;
            return isNumber || isSpan;
        }

        if (type.IsEnum)
        {
            return Enum.TryParse(type, text, ignoreCase: true, out value) && Enum.IsDefined(type, value!);
        }

        try
        {
            value = TypeDescriptor.GetConverter(type).ConvertFromInvariantString(text);
            return true;
        }
        catch (Exception e) when (e is ArgumentException or FormatException or NotSupportedException or OverflowException)
        {
            value = null;
            return false;
        }
    }

    /// <summary>Durations as the predecessor and the Collector write them.</summary>
    private static bool TryParseUnits(string text, out TimeSpan span)
    {
        span = TimeSpan.Zero;
        var match = Units().Match(text);
        if (!match.Success)
        {
            return false;
        }

        foreach (var (number, unit) in match.Groups["number"].Captures.Zip(match.Groups["unit"].Captures))
        {
            // Nine digits at most: no unit overflows.
            var count = long.Parse(number.ValueSpan, CultureInfo.InvariantCulture);
            span += unit.Value switch
            {
                "ms" => TimeSpan.FromMilliseconds(count),
                "s" => TimeSpan.FromSeconds(count),
                "m" => TimeSpan.FromMinutes(count),
                "h" => TimeSpan.FromHours(count),
                "d" => TimeSpan.FromDays((double)Math.Min(count, 1_000_000)),
                _ => TimeSpan.FromDays((double)Math.Min(count, 100_000) * 7),
            };
        }

        return true;
    }

    [GeneratedRegex("^(?:(?<number>[0-9]{1,9})(?<unit>ms|s|m|h|d|w))+$", RegexOptions.CultureInvariant)]
    private static partial Regex Units();
}
