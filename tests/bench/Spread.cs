using System.Globalization;

namespace OtelOrleans.Tests.Bench;

/// <summary>Median, least and most of what rounds gave.</summary>
internal readonly record struct Spread(double Median, double Least, double Most)
{
    public static Spread Of(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return new(sorted[sorted.Length / 2], sorted[0], sorted[^1]);
    }

    /// <summary><c>key=median key_least=… key_most=…</c></summary>
    public string Text(string key, string format) => string.Create(CultureInfo.InvariantCulture,
        $"{key}={Median.ToString(format, CultureInfo.InvariantCulture)} {key}_least={Least.ToString(format, CultureInfo.InvariantCulture)} {key}_most={Most.ToString(format, CultureInfo.InvariantCulture)}");
}
