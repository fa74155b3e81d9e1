using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.CompilerServices;

namespace OtelOrleans.Proto.Json;

/// <summary>Reads numbers from their text, whether it stood in quotes or not.</summary>
internal static class JsonNumber
{
    // 10^19 is the largest power of ten below 2^64.
    private const int MaxPower = 19;

    private const int EightDigits = sizeof(ulong);

    /// <summary>Reads an integer from 0 to 2^64 − 1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TryRead(ReadOnlySpan<byte> text, out ulong value) =>
        TryReadDigits(text, out value) || (TryReadAny(text, out var isNegative, out value) && (!isNegative || value == 0));

    /// <summary>Reads an integer from −2^63 to 2^63 − 1.</summary>
    public static bool TryRead(ReadOnlySpan<byte> text, out long value)
    {
        if (TryReadDigits(text, out var digits) && digits <= long.MaxValue)
        {
            value = (long)digits;
            return true;
        }

        value = 0;
        if (!TryReadAny(text, out var isNegative, out var magnitude) || magnitude > (isNegative ? 1UL << 63 : long.MaxValue))
        {
            return false;
        }

        value = isNegative ? (long)(0 - magnitude) : (long)magnitude;
        return true;
    }

    /// <summary>Reads a double. What is too large for one is refused rather than made infinite.</summary>
    public static bool TryRead(ReadOnlySpan<byte> text, out double value)
    {
        // .NET would read other spellings of these as well, and signs, spaces and points where JSON has none.
        if (text.SequenceEqual("NaN"u8))
        {
            value = double.NaN;
            return true;
        }

        if (text.SequenceEqual("Infinity"u8) || text.SequenceEqual("-Infinity"u8))
        {
            value = text[0] == '-' ? double.NegativeInfinity : double.PositiveInfinity;
            return true;
        }

        value = 0;
        var first = text.Length > 1 && text[0] == '-' ? text[1] : text.IsEmpty ? (byte)0 : text[0];
        return char.IsAsciiDigit((char)first)
            && double.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture, out value)
            && double.IsFinite(value);
    }

    // Nearly all integers: up to 19 digits, which cannot overflow, and nothing else. Eight at a time, since times have 19.
    private static bool TryReadDigits(ReadOnlySpan<byte> text, out ulong value)
    {
        value = 0;
        if (text.Length is 0 or > MaxPower)
        {
            return false;
        }

        while (text.Length >= EightDigits)
        {
            if (!TryReadEight(BinaryPrimitives.ReadUInt64LittleEndian(text), out var eight))
            {
                return false;
            }

            value = value * 100_000_000 + eight;
            text = text[EightDigits..];
        }

        foreach (var c in text)
        {
            var digit = (uint)(c - '0');
            if (digit > 9)
            {
                return false;
            }

            value = value * 10 + digit;
        }

        return true;
    }

    // All digits at once: a byte is one if its upper half is 3 and adding 6 leaves it there. Then neighbours are put together, to pairs, fours and all eight.
    private static bool TryReadEight(ulong text, out ulong value)
    {
        const ulong upperHalves = 0xF0F0F0F0F0F0F0F0, zeros = 0x3030303030303030, sixes = 0x0606060606060606;
        value = 0;
        if (((text & upperHalves) ^ zeros | ((text + sixes) & upperHalves) ^ zeros) != 0)
        {
            return false;
        }

        var digits = text - zeros;
        digits = (digits * 10 + (digits >> 8)) & 0x00FF00FF00FF00FF;
        digits = (digits * 100 + (digits >> 16)) & 0x0000FFFF0000FFFF;
        value = (digits * 10_000 + (digits >> 32)) & 0xFFFFFFFF;
        return true;
    }

    // An integer in any spelling: -5, 5.0, 1e3, 1.5E+1. Zeros at the end wait until a digit follows them, so that 1000e-3 is one.
    private static bool TryReadAny(ReadOnlySpan<byte> text, out bool isNegative, out ulong magnitude)
    {
        magnitude = 0;
        isNegative = !text.IsEmpty && text[0] == '-';
        var at = isNegative ? 1 : 0;
        var digits = 0;
        var waitingZeros = 0;
        var fraction = 0;
        var isFraction = false;
        for (; at < text.Length && (char.IsAsciiDigit((char)text[at]) || (text[at] == '.' && !isFraction && digits > 0)); at++)
        {
            if (text[at] == '.')
            {
                isFraction = true;
                continue;
            }

            digits++;
            fraction += isFraction ? 1 : 0;
            var digit = (uint)(text[at] - '0');
            if (digit == 0)
            {
                waitingZeros += magnitude == 0 ? 0 : 1;
            }
            else if (!TryScale(ref magnitude, waitingZeros + 1) || magnitude > ulong.MaxValue - digit)
            {
                return false;
            }
            else
            {
                magnitude += digit;
                waitingZeros = 0;
            }
        }

        var exponent = 0;
        if (digits == 0 || (at < text.Length && !TryReadExponent(text[at..], out exponent)))
        {
            return false;
        }

        var scale = waitingZeros + exponent - fraction;
        return magnitude == 0 || (scale >= 0 && TryScale(ref magnitude, scale));
    }

    private static bool TryReadExponent(ReadOnlySpan<byte> text, out int exponent)
    {
        // Text is at least an e. Beyond 4 digits nothing but zero would still fit, and nobody sends that.
        exponent = 0;
        if ((text[0] | 0x20) != 'e' || text.Length < 2)
        {
            return false;
        }

        var isNegative = text[1] == '-';
        var digits = text[(text[1] is (byte)'-' or (byte)'+' ? 2 : 1)..];
        if (digits.Length is 0 or > 4)
        {
            return false;
        }

        foreach (var c in digits)
        {
            if (!char.IsAsciiDigit((char)c))
            {
                return false;
            }

            exponent = exponent * 10 + (c - '0');
        }

        exponent = isNegative ? -exponent : exponent;
        return true;
    }

    private static bool TryScale(ref ulong value, int powerOfTen)
    {
        if (value == 0)
        {
            return true;
        }

        if (powerOfTen > MaxPower)
        {
            return false;
        }

        for (; powerOfTen > 0; powerOfTen--)
        {
            if (value > ulong.MaxValue / 10)
            {
                return false;
            }

            value *= 10;
        }

        return true;
    }
}
