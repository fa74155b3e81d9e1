using System.Globalization;

namespace OtelOrleans.Sql.Upkeep;

/// <summary>For how many days the rows of one service are kept; 0: as long as those of all.</summary>
internal readonly record struct ServiceDays(int Spans, int Logs, int Metrics)
{
    private const int Max = 36_500;

    /// <summary>Reads <c>7d</c>, or <c>spans=3d,logs=7d,metrics=14d</c> with one to three of them.</summary>
    public static bool TryParse(string text, out ServiceDays days)
    {
        days = default;
        if (TryParseDays(text, out var all))
        {
            days = new(all, all, all);
            return true;
        }

        foreach (var part in text.Split(','))
        {
            if (part.Split('=') is not [var signal, var value] || !TryParseDays(value, out var count))
                return false;
            switch (signal.Trim())
            {
                case "spans" when days.Spans == 0:
                    days = days with { Spans = count };
                    break;
                case "logs" when days.Logs == 0:
                    days = days with { Logs = count };
                    break;
                case "metrics" when days.Metrics == 0:
                    days = days with { Metrics = count };
                    break;
                default:
                    return false;
            }
        }

        return true;
    }

    /// <summary>Of a table that holds rows of one of the signals.</summary>
    public int Of(string table) => table switch
    {
        "spans" => Spans,
        "log_records" => Logs,
        _ => Metrics,
    };

    private static bool TryParseDays(string text, out int days)
    {
        var trimmed = text.Trim();
        return int.TryParse(trimmed.EndsWith('d') ? trimmed[..^1] : trimmed, NumberStyles.None, CultureInfo.InvariantCulture, out days) && days is >= 1 and <= Max;
    }
}
