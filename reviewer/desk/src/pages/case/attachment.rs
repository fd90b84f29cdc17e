//! One attachment. The project's own code decodes a picture on demand, and only its pixels reach the browser; a PDF is never
//! shown.

use std::sync::Arc;

use amanat_reviewer_core::decrypt::Opened;
use amanat_reviewer_core::picture::{Picture, PictureError};
use gloo::timers::future::TimeoutFuture;
use leptos::html::Canvas;
use leptos::prelude::*;
use wasm_bindgen::{Clamped, JsCast};
use wasm_bindgen_futures::spawn_local;
use web_sys::{CanvasRenderingContext2d, ImageData};

use super::two_lines;
use crate::download;

/// The longest side of a shown picture, in pixels.
const SIDE: u32 = 1600;
const DRAW_MILLIS: u32 = 50;
const PDF: &str = "application/pdf";

/// Shows an attachment when the reviewer asks for it.
#[expect(clippy::needless_pass_by_value, reason = "a component owns its properties")]
#[component]
pub fn Attachment(case: Arc<Opened>, index: usize) -> impl IntoView {
    let listed = &case.registration.attachments[index];
    // The phone chooses the names in the archive, and the reader accepts no others.
    let (name, bytes) = (listed.name.clone(), listed.bytes);
    let is_pdf = listed.media_type == PDF;
    let picture: RwSignal<Option<Result<Picture, PictureError>>> = RwSignal::new(None);
    let canvas: NodeRef<Canvas> = NodeRef::new();
    Effect::new(move |_| {
        if let (Some(Ok(picture)), Some(canvas)) = (picture.get(), canvas.get()) {
            draw(&canvas, &picture);
        }
    });
    let of_show = case.clone();
    let show = move |_| {
        let case = of_show.clone();
        spawn_local(async move {
            TimeoutFuture::new(DRAW_MILLIS).await;
            picture.set(Some(Picture::decode(&case.files[index], &case.registration.attachments[index].media_type, SIDE)));
        });
    };
    let (of_save, saved_name) = (case.clone(), format!("{}-{:02}", case.sha256.get(..12).unwrap_or_default(), index + 1));
    let not_taken = RwSignal::new(None);
    let save_pdf = move |_| not_taken.set(download::save(&format!("{saved_name}.pdf"), &of_save.files[index]).err());
    let turn = move |_| {
        picture.update(|picture| {
            if let Some(Ok(it)) = picture {
                *it = it.turned();
            }
        });
    };
    let size = move || {
        picture.with(|picture| match picture {
            Some(Ok(it)) => format!("The whole picture, {} × {} points.", it.width(), it.height()),
            _ => String::new(),
        })
    };
    let drawn = move || matches!(picture.get(), Some(Ok(_)));
    view! { class = "dynamic",
        <figure data-attachment=name.clone()>
            <figcaption>{format!("{name}, {bytes} bytes")}</figcaption>
            {if is_pdf {
                view! { class = "dynamic",
                    <p class="warning">
                        "A PDF is not shown here: it can attack the program that opens it. Save it only if you must, and open it on a computer with nothing else on it."
                    </p>
                    <button class="no-print" data-action="save-pdf" on:click=save_pdf>"Save the PDF"</button>
                    {move || not_taken.get().map(|why: download::NotTaken| view! { class = "dynamic", <p class="fault" role="alert">{two_lines(why.into())}</p> })}
                }.into_any()
            } else {
                view! { class = "dynamic",
                    <Show when=move || picture.get().is_none()>
                        <button class="no-print" data-action="show-picture" on:click=show.clone()>"Show the picture"</button>
                    </Show>
                    <Show when=drawn>
                        <canvas node_ref=canvas data-role="picture"></canvas>
                        <p class="hint">{size}</p>
                        <button class="no-print" data-action="turn" on:click=turn>"Turn"</button>
                        " "
                        <button class="no-print" data-action="hide-picture" on:click=move |_| picture.set(None)>"Hide the picture"</button>
                    </Show>
                    {move || match picture.get() {
                        Some(Err(error)) => Some(view! { class = "dynamic", <p class="fault" role="alert">{two_lines(error.into())}</p> }),
                        _ => None,
                    }}
                }.into_any()
            }}
        </figure>
    }
}

fn draw(canvas: &web_sys::HtmlCanvasElement, picture: &Picture) {
    canvas.set_width(picture.width());
    canvas.set_height(picture.height());
    let context = canvas.get_context("2d").ok().flatten().and_then(|it| it.dyn_into::<CanvasRenderingContext2d>().ok());
    let pixels = ImageData::new_with_u8_clamped_array_and_sh(Clamped(picture.rgba()), picture.width(), picture.height());
    if let (Some(context), Ok(pixels)) = (context, pixels) {
        // It fails only where a canvas is larger than the browser can hold; the side is bounded.
        let _ = context.put_image_data(&pixels, 0.0, 0.0);
    }
}
