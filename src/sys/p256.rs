//! ring's multiplication of the base point of the curve P-256, without its
//! table of 150 KB.
//!
//! ring keeps multiples of the base point at hand, which makes a handshake
//! 0.1 ms faster. The dist build has the linker (`--wrap`) lead its two calls
//! here, to ring's own multiplication of any point, constant in time as well;
//! then nothing names the table and it is left out. With another ring the
//! names differ, and `packaging/dist` leaves all of this out.

type Element = [u64; 4];
type Point = [Element; 3];

/// The base point in ring's form (Montgomery's), times 2^256 modulo the prime.
static X: Element =
    [0x79e7_30d4_18a9_143c, 0x75ba_95fc_5fed_b601, 0x79fb_732b_7762_2510, 0x1890_5f76_a537_55c6];
static Y: Element =
    [0xddf2_5357_ce95_560a, 0x8b4a_b8e4_ba19_e45c, 0xd2e8_8688_dd21_f325, 0x8571_ff18_2588_5d85];

unsafe extern "C" {
    #[link_name = "ring_core_0_17_14__p256_point_mul"]
    fn point_mul(result: *mut Point, scalar: *const Element, x: *const Element, y: *const Element);
}

/// `scalar` times the base point.
///
/// # Safety
/// As ring's function of that name: both must be valid, of this size.
#[unsafe(export_name = "__wrap_ring_core_0_17_14__p256_point_mul_base")]
unsafe extern "C" fn point_mul_base(result: *mut Point, scalar: *const Element) {
    // SAFETY: ring's function reads and writes as much as the caller promises.
    unsafe { point_mul(result, scalar, &raw const X, &raw const Y) };
}

/// The same for public scalars, which ring has in a faster form.
///
/// # Safety
/// As [`point_mul_base`].
#[unsafe(export_name = "__wrap_ring_core_0_17_14__p256_point_mul_base_vartime")]
unsafe extern "C" fn point_mul_base_vartime(result: *mut Point, scalar: *const Element) {
    // SAFETY: the same promise.
    unsafe { point_mul(result, scalar, &raw const X, &raw const Y) };
}
