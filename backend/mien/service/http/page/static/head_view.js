// SPDX-License-Identifier: GPL-3.0-or-later
// HeadView: a take's glTF drawn by three.js, at the time that it is given.

import * as three from "./three/three.module.js";
import { GLTFLoader } from "./three/GLTFLoader.js";
import { OrbitControls } from "./three/OrbitControls.js";

const VIEW_DEGREES = 17; // of a portrait lens, as in the preview films; wide angles make noses grow
const ROOM = 1.12; // how much more than the head the picture shows

export class HeadView {
  #mixer = null;
  #model = null;
  #wanted = false;

  /** Throws where the browser has no WebGL 2. */
  constructor(canvas) {
    this.canvas = canvas;
    this.renderer = new three.WebGLRenderer({ canvas, antialias: true, alpha: true });
    this.renderer.toneMapping = three.AgXToneMapping;
    this.renderer.toneMappingExposure = 1.15;
    this.scene = new three.Scene();
    this.camera = new three.PerspectiveCamera(VIEW_DEGREES, 1, 0.05, 10);
    this.controls = new OrbitControls(this.camera, canvas);
    this.controls.enablePan = false;
    this.controls.addEventListener("change", () => this.draw());
    // key, fill and rim of a portrait studio
    this.scene.add(new three.HemisphereLight(0xdfe6f2, 0x6d6258, 1.1));
    for (const [colour, strength, x, y, z] of [[0xfff1e0, 2.6, -0.8, 0.8, 1], [0xdce6ff, 0.6, 1, 0.1, 1], [0xf0f4ff, 1.6, 0.5, 0.8, -1]]) {
      const light = new three.DirectionalLight(colour, strength);
      light.position.set(x, y, z);
      this.scene.add(light);
    }
    new ResizeObserver(() => this.#resize()).observe(canvas);
  }

  /** Show the glTF of a take; the camera stays where the user has turned it. */
  async load(buffer) {
    const gltf = await new GLTFLoader().parseAsync(buffer, "");
    const first = this.#model === null;
    this.clear();
    this.#model = gltf.scene;
    this.#model.traverse((part) => (part.frustumCulled = false)); // shapes move out of the box of the face at rest
    this.scene.add(this.#model);
    this.#mixer = new three.AnimationMixer(this.#model);
    this.#mixer.clipAction(gltf.animations[0]).play();
    this.seconds = gltf.animations[0].duration;
    if (first) this.#look();
    this.at(0);
  }

  /** The face at this time of the take. */
  at(seconds) {
    if (!this.#mixer) return;
    this.#mixer.setTime(Math.min(Math.max(seconds, 0), this.seconds - 1e-4));
    this.draw();
  }

  /** Degrees that the camera stands to the head's left; negative: to its right. */
  get turn() {
    return three.MathUtils.radToDeg(this.controls.getAzimuthalAngle());
  }

  set turn(degrees) {
    const { target } = this.controls;
    const from = new three.Spherical().setFromVector3(this.camera.position.clone().sub(target));
    from.theta = three.MathUtils.degToRad(degrees);
    this.camera.position.setFromSpherical(from).add(target);
    this.controls.update();
  }

  draw() {
    if (this.#wanted) return;
    this.#wanted = true;
    requestAnimationFrame(() => {
      this.#wanted = false;
      this.renderer.render(this.scene, this.camera);
    });
  }

  /** Free what the last take had on the graphics card. */
  clear() {
    if (!this.#model) return;
    this.#mixer.stopAllAction();
    this.scene.remove(this.#model);
    this.#model.traverse((part) => {
      part.geometry?.dispose();
      part.material?.dispose();
      part.skeleton?.dispose();
    });
    this.#model = this.#mixer = null;
  }

  #look() {
    this.#resize();
    const box = new three.Box3().setFromObject(this.#model);
    const middle = box.getCenter(new three.Vector3());
    middle.x = 0;
    const height = (box.max.y - box.min.y) * ROOM;
    this.controls.target.copy(middle);
    this.camera.position.set(0, middle.y, box.max.z + height / 2 / Math.tan((VIEW_DEGREES * Math.PI) / 360));
    this.controls.minDistance = 0.2;
    this.controls.maxDistance = 4;
    this.controls.update();
  }

  #resize() {
    const { clientWidth: width, clientHeight: height } = this.canvas;
    if (!width || !height) return;
    this.renderer.setPixelRatio(Math.min(devicePixelRatio, 2));
    this.renderer.setSize(width, height, false);
    this.camera.aspect = width / height;
    this.camera.updateProjectionMatrix();
    this.draw();
  }
}
