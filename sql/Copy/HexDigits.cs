using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace OtelOrleans.Sql.Copy;

/// <summary>Hex of ids, whose lengths are known: a third of what <see cref="Convert"/> takes for any length.</summary>
internal static class HexDigits
{
    /// <summary>Writes the first 8 bytes as 16 lower-case digits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void WriteEight(ReadOnlySpan<byte> bytes, Span<byte> digits)
    {
        if (!BitConverter.IsLittleEndian)
        {
            Convert.TryToHexStringLower(bytes[..sizeof(ulong)], digits, out _);
            return;
        }

        // Each byte becomes two, its upper half first; both then choose their digit.
        var wide = Vector128.WidenLower(Vector128.CreateScalar(BinaryPrimitives.ReadUInt64LittleEndian(bytes)).AsByte());
        var halves = ((wide >>> 4) | (wide << 8)) & Vector128.Create((ushort)0x0F0F);
        Vector128.Shuffle(Vector128.Create("0123456789abcdef"u8), halves.AsByte()).CopyTo(digits);
    }
}
